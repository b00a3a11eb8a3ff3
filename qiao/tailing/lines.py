"""What is shown of one record."""

from datetime import UTC, datetime

import msgspec
from rich.text import Text

from libs.events.envelope import Envelope
from libs.events.errors import EnvelopeInvalid
from libs.events.headers import decode_envelope
from libs.log import Record


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

    @property
    def place(self) -> str:
        """`posts[3]@17`."""
        return f"{self.topic}[{self.partition}]@{self.offset}"

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


def as_text(line: Line) -> Text:
    """One line for people; times are local."""
    text = Text(f"{line.log_time.astimezone():%H:%M:%S.%f}"[:-3], style="dim")
    text.append(f"  {line.place:<24}", style="cyan")
    if line.envelope is None:
        return text.append(f"  cannot be read: {line.error}", style="red")
    text.append(f"  {line.type:<18}", style="bold")
    text.append(f"  by {line.envelope.actor or 'the system'}", style="green" if line.envelope.actor else "dim")
    return text.append(f"  about {line.envelope.subject}")
