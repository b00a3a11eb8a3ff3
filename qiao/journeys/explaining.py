"""Why a post is, or is not, in a home, for operators: every rule, with where in the log the deciding events stand."""

import time
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from rich.text import Text

from libs.events.envelope import Envelope
from libs.events.headers import decode_envelope
from libs.log import Log, Record
from libs.views import Reads
from qiao.journeys.finding import Clue, Finder
from qiao.looking.who import account_in
from qiao.times import from_ms
from services.feeds.queries.facts import FactReader
from services.feeds.queries.reasons import words
from services.feeds.queries.why import Evidence, Ruling, why
from services.feeds.tables import PEOPLE


class AccountUnknown(LookupError):
    """Nobody has this handle."""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """An event that decided a rule. Without a place, the log does not show it near its time."""

    type: str
    event: UUID | None
    at: datetime
    by: UUID | None = None
    by_handle: str = ""
    place: str = ""


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says."""

    rule: str
    passes: bool
    reason: str
    text: str
    decided_by: tuple[Decided, ...] = ()


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this home shows the post: it does where every rule passes."""

    post: UUID
    reader: UUID
    reader_handle: str
    shown: bool
    rules: tuple[Explained, ...]


class Explainer:
    """Explains through one log and the tables folded from it."""

    def __init__(self, log: Log, reads: Reads, facts: FactReader) -> None:
        """`facts` reads from the same tables."""
        self._log, self._reads, self._facts = log, reads, facts

    async def of(self, post: UUID, who: str, now_ms: int | None = None) -> Explanation:
        """`who` is a handle, with or without @, or an account's id. Raises AccountUnknown, what the stores raise."""
        reader = await self._account(who)
        told = why(await self._facts.read(post, reader, time.time_ns() // 1_000_000 if now_ms is None else now_ms))
        found = await self._found(told.rulings)
        actors = {envelope.actor for _, envelope in found.values() if envelope.actor}
        people = await PEOPLE.people(self._reads, [reader, *actors])
        handles = {account: person.handle for account, person in people.items()}
        return Explanation(
            post=post,
            reader=reader,
            reader_handle=handles.get(reader, ""),
            shown=told.shown,
            rules=tuple(_explained(ruling, found, handles) for ruling in told.rulings),
        )

    async def _account(self, who: str) -> UUID:
        account = await account_in(self._reads, who)
        if account is None:
            raise AccountUnknown(f"nobody has the handle {who}")
        return account

    async def _found(self, rulings: tuple[Ruling, ...]) -> Mapping[Evidence, tuple[Record, Envelope]]:
        topics = await self._log.topics()
        finder = Finder(self._log, {name: info.partitions for name, info in topics.items()})
        wanted = {evidence for ruling in rulings for evidence in ruling.evidence}
        found = {evidence: await finder.find(_clue(evidence)) for evidence in wanted}
        return {key: (record, decode_envelope(record.headers)) for key, record in found.items() if record is not None}


def _clue(evidence: Evidence) -> Clue:
    return Clue(evidence.topic, str(evidence.key), evidence.at_ms, evidence.type, evidence.event, evidence.exact)


def _explained(
    ruling: Ruling, found: Mapping[Evidence, tuple[Record, Envelope]], handles: Mapping[UUID, str]
) -> Explained:
    return Explained(
        rule=ruling.rule,
        passes=ruling.passes,
        reason=ruling.reason,
        text=words(ruling).operator,
        decided_by=tuple(_decided(each, found.get(each), handles) for each in ruling.evidence),
    )


def _decided(evidence: Evidence, found: tuple[Record, Envelope] | None, handles: Mapping[UUID, str]) -> Decided:
    if found is None:
        return Decided(type=evidence.type, event=evidence.event, at=from_ms(evidence.at_ms))
    record, envelope = found
    return Decided(
        type=evidence.type,
        event=envelope.id,
        at=from_ms(record.timestamp),
        by=envelope.actor,
        by_handle=handles.get(envelope.actor, "") if envelope.actor else "",
        place=str(record.place),
    )


def as_text(explanation: Explanation) -> Text:
    """A line for the answer, then one for each rule, with the events that decided it below. Times are local."""
    who = f"@{explanation.reader_handle}" if explanation.reader_handle else str(explanation.reader)
    text = Text(f"{explanation.post} is {'' if explanation.shown else 'not '}in the home of {who}\n", style="bold")
    for rule in explanation.rules:
        text.append("  yes  " if rule.passes else "  NO   ", style="green" if rule.passes else "red")
        text.append(f"{rule.rule:<9}", style="bold").append(f" {rule.text}\n")
        for decided in rule.decided_by:
            by = decided.by_handle and f" by @{decided.by_handle}"
            place = decided.place or "not in the log near this time"
            text.append(
                f"{'':17}{decided.type}{by}  {place}  {decided.at.astimezone():%Y-%m-%d %H:%M:%S}\n", style="dim"
            )
    return text
