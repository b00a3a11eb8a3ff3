"""What is shown of one record."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from rich.text import Text

from libs.events.envelope import Envelope
from libs.events.errors import EnvelopeInvalid
from libs.events.headers import decode_envelope
from libs.events.standins import with_stand_ins
from libs.log import Place, Record

NOBODY: Mapping[UUID, str] = {}
_WHOLE = 10_000


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record as tools show it. The envelope is None, and `error` says why, where it cannot be read."""

    topic: str
    partition: int
    offset: int
    log_time: datetime
    """The log's own append time."""
    key: str
    envelope: Envelope | None = None
    data: msgspec.Raw | None = None
    """The event's JSON as it stands in the log: personal fields are sealed."""
    error: str = ""
    opened: Mapping[str, str | None] = {}
    """What its personal fields say, where it was asked to open them; None where no key opens it: it was erased."""

    @property
    def place(self) -> str:
        """`posts[3]@17`."""
        return str(Place(self.topic, self.partition, self.offset))

    @property
    def type(self) -> str:
        """The event type; empty where the envelope cannot be read."""
        return self.envelope.type if self.envelope else ""


def line_of(record: Record) -> Line:
    """Whatever the record holds."""
    envelope, data, error = None, None, ""
    try:
        envelope = decode_envelope(record.headers)
        msgspec.json.decode(record.value)
        data = msgspec.Raw(record.value)
    except (EnvelopeInvalid, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        error = str(problem)
    return Line(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        log_time=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        key=record.key.decode(errors="replace"),
        envelope=envelope,
        data=data,
        error=error,
    )


def as_json(line: Line) -> str:
    """One line of JSON."""
    return msgspec.json.encode(line).decode(errors="replace")


def accounts_in(line: Line) -> set[UUID]:
    """Who is named in it: who acted, and whom it is about."""
    found = {line.envelope.actor} if line.envelope else set()
    subjects = _subjects(line)
    return {account for account in (*found, subjects.account, subjects.author, subjects.target) if account}


def as_text(line: Line, names: Mapping[UUID, str] = NOBODY, *, dated: bool = False) -> Text:
    """One line for people; times are local. `names` are handles, shown in place of the accounts' ids."""
    moment = line.log_time.astimezone()
    text = Text(f"{moment:%Y-%m-%d %H:%M:%S.%f}"[0 if dated else 11 : -3], style="dim")
    text.append(f"  {line.place:<24}", style="cyan")
    if line.envelope is None:
        return text.append(f"  cannot be read: {_printable(line.error)}", style="red")
    actor = line.envelope.actor
    text.append(f"  {_printable(line.type):<18}", style="bold")
    text.append(f"  by {_named(actor, names) if actor else 'the system'}", style="green" if actor else "dim")
    text.append(f"  about {_subject(line, names)}")
    for said in line.opened.values():
        text.append(f"  {_quoted(said)}", style="italic")
    return text


def as_details(line: Line, names: Mapping[UUID, str] = NOBODY) -> str:
    """Everything there is to know, a line each, then the event's data."""
    facts = {"place": line.place, "appended": f"{line.log_time.astimezone():%Y-%m-%d %H:%M:%S.%f %z}", "key": line.key}
    if line.envelope is not None:
        attributes: dict[str, object] = msgspec.structs.asdict(line.envelope)
        facts |= {name: str(value) for name, value in attributes.items() if value is not None}
        if line.envelope.actor is not None and line.envelope.actor in names:
            facts["actor"] += f" ({_named(line.envelope.actor, names)})"
    facts |= {f"{field} says": _quoted(said, _WHOLE) for field, said in line.opened.items()}
    if line.error:
        facts["unreadable"] = line.error
    width = max(map(len, facts))
    lines = [f"{name:<{width}}  {_printable(value)}" for name, value in facts.items()]
    if line.data is not None:
        lines.append(as_data(line))
    return "\n".join(lines)


def as_data(line: Line) -> str:
    """The event's JSON for people: indented, with stand-ins for what is sealed. Empty where it has none."""
    return with_stand_ins(msgspec.json.format(bytes(line.data), indent=2).decode()) if line.data is not None else ""


class _Subjects(msgspec.Struct):
    """What events of all types call whom and what they are about."""

    account: UUID | None = None
    author: UUID | None = None
    target: UUID | None = None
    post: UUID | None = None


def _subjects(line: Line) -> _Subjects:
    try:
        return msgspec.json.decode(line.data or b"{}", type=_Subjects)
    except msgspec.DecodeError:
        return _Subjects()


def _subject(line: Line, names: Mapping[UUID, str]) -> str:
    """The key, and to whom or what it was done where that is another one."""
    subjects, key = _subjects(line), line.envelope.subject if line.envelope else line.key
    shown = _named(subjects.account, names) if subjects.account and str(subjects.account) == key else _printable(key)
    other = subjects.target or subjects.post
    return shown if other is None or str(other) == key else f"{shown} -> {_named(other, names)}"


def _named(id: UUID, names: Mapping[UUID, str]) -> str:  # noqa: A002 - an id is called an id everywhere
    return f"@{names[id]}" if id in names else str(id)


def _quoted(said: str | None, most: int = 60) -> str:
    if said is None:
        return "(erased)"
    return f"“{_printable(said) if len(said) <= most else _printable(said[:most]) + '…'}”"


def _printable(text: str) -> str:
    """What anybody wrote must not steer a terminal."""
    return text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)
