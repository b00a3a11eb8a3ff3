"""What accounts last decided about something (like, save, follow, mute), and whether saying it again is needless."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from libs.events import Event, Meta, spec_of
from libs.log import Place
from libs.projections import Frontier, Handler, Out, folds
from libs.views import Reads, Table, asc

E = TypeVar("E", bound=Event)


class Intent(msgspec.Struct, frozen=True):
    """Whether something stands between an account and a subject, as the account last decided."""

    account: UUID
    kind: str
    subject: UUID
    on: bool


class Says(NamedTuple):
    """What an event type says: a kind of intent, begun or taken back."""

    kind: str
    on: bool


class Intents:
    """The intents of one service's toggles."""

    def __init__(self, service: str, says: Mapping[type[Event], Says], subject: str) -> None:
        """`subject` is the field of these events that names what is decided about; their key is who decides.

        Declare it once per service: a table is compared by identity.
        """
        self._says, self._subject = says, subject
        self._intents: Table[Intent] = Table(
            f"{service}.intents", Intent, partition=("account",), clustering=(asc("kind"), asc("subject"))
        )

    @property
    def tables(self) -> tuple[Table[Any], ...]:
        """For the service's projection."""
        return (self._intents,)

    @property
    def handlers(self) -> Sequence[tuple[type[Event], Handler]]:
        """For the service's projection."""
        return [folds(event_type, self._decided) for event_type in self._says]

    def _decided(self, event: Event, meta: Meta, out: Out) -> None:
        out.put(self._intents, self._of(event))

    def _of(self, event: Event) -> Intent:
        kind, on = self._says[type(event)]
        return Intent(actor_of(event), kind, getattr(event, self._subject), on)

    async def stands(self, reads: Reads, event: Event) -> bool:
        """Whether the last such decision that was folded says the same; False where none was."""
        wanted = self._of(event)
        return await reads.get(self._intents, wanted.account, wanted.kind, wanted.subject) == wanted


def actor_of(event: Event) -> UUID:
    """Who decides: the key of a toggle's event."""
    account: UUID = getattr(event, spec_of(event).key)
    return account


async def standing_at(event: E, stands: Callable[[E], Awaitable[bool]], frontier: Frontier) -> Place | None:
    """The place behind which a toggle need not be appended, for it says what stands; None where it must be.

    It stands only if the tables say so after they have passed the end of the log as this call finds it: then nothing
    that was acknowledged before can contradict. What is under way at the same time may come before or after this.
    Raises what the stores raise.
    """
    if not await stands(event):  # nearly always, and that costs one read
        return None
    account = actor_of(event)
    last = await frontier.last(spec_of(event).topic, account)
    if last is None or not await frontier.passed(last) or await frontier.is_parked(last, account):
        return None
    return last if await stands(event) else None
