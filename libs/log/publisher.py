"""From a decided event to its place in the log: envelope, seal, append, trace."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from libs.events import Envelope, Event, Keys, SealingKey, envelope_for, spec_of, to_record_parts
from libs.log.port import Entry, Log, Place
from libs.telemetry import current, spans


class Published(NamedTuple):
    """An appended event: how it was filed and where it stands."""

    envelope: Envelope
    place: Place


def utc_now() -> datetime:
    """The clock of who decides."""
    return datetime.now(UTC)


class Publisher:
    """Appends events for one source. Returns only when the log has them."""

    def __init__(self, log: Log, keys: Keys, source: str, clock: Callable[[], datetime] = utc_now) -> None:
        """`source` is the service, such as /posts; `keys` seal what is personal."""
        self._log, self._keys, self._source, self._clock = log, keys, source, clock

    async def publish(
        self,
        event: Event,
        *,
        actor: UUID | None,
        id: UUID | None = None,  # noqa: A002 - an id is called an id everywhere
        now: datetime | None = None,
        cause: Envelope | None = None,
    ) -> Published:
        """Append one event. With `id` and `now` given, a repeated call appends the same bytes.

        Raises EventInvalid where it cannot be written, KeyGone where it cannot be sealed, and what log and keys raise.
        """
        spec = spec_of(event)
        with spans.send(self._log.system, spec.topic):
            trace = current()
            envelope = envelope_for(
                event,
                source=self._source,
                actor=actor,
                now=now or self._clock(),
                cause=cause,
                id=id,
                traceparent=trace.traceparent if trace else None,
                tracestate=trace.tracestate if trace else None,
            )
            parts = to_record_parts(event, envelope, await self._key(event))
            [place] = await self._log.append([Entry(spec.topic, parts.key, parts.value, parts.headers)])
        return Published(envelope, place)

    async def _key(self, event: Event) -> SealingKey | None:
        spec = spec_of(event)
        if spec.owner is None or not spec.personal:
            return None
        return await self._keys.key_for(getattr(event, spec.owner))
