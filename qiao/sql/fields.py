"""What a question asks of one event beyond its type and place: read and decoded only then."""

import sqlite3
from functools import cached_property

import msgspec

from libs.events import EnvelopeInvalid, Undecodable, decode_data, decode_envelope
from libs.events.envelope import Envelope
from libs.events.versions import UpcasterMissing
from libs.log.embedded import rows

FIELD = "qiao_field"
"""The name of `Fields.of` in SQL."""

ENVELOPE = ("id", "version", "source", "time", "subject", "actor", "correlation", "causation", "traceparent")
OTHERS = ("key", "error", "data")
"""The record's key; why it cannot be read, NULL where it can; the data of the newest version as JSON."""

DATA = "data."
"""Before the name of a field of the data."""

SqlValue = str | int | float | bytes | None

_RECORD = "SELECT key, value, headers FROM records WHERE topic = ? AND partition = ? AND offset = ?"
_UNREADABLE = (Undecodable, UpcasterMissing, msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Fields:
    """Looks events up for SQL. Columns of one row are asked for one after the other: the last event is kept."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """`connection` reads the log and is not the one that the question runs on."""
        self._connection = connection
        self._topics = {name: topic.number for name, topic in rows.load_topics(connection).items()}
        self._at: tuple[str, int, int] | None = None
        self.failure: BaseException | None = None
        """What was raised in here, Ctrl-C too: of that SQLite says only that something was."""
        self._event = _Event(b"", b"", b"")

    def of(self, topic: str, partition: int, offset: int, name: str) -> SqlValue:
        """A field of an event by its name; NULL where it has none."""
        try:
            return _sql(self._looked_up(topic, partition, offset).field(name))
        except BaseException as error:
            self.failure = error
            raise

    def _looked_up(self, topic: str, partition: int, offset: int) -> "_Event":
        at = (topic, partition, offset)
        if self._at != at:
            found = self._connection.execute(_RECORD, (self._topics[topic], partition, offset)).fetchone()
            self._event, self._at = _Event(*found), at
        return self._event


class _Event:
    def __init__(self, key: bytes, value: bytes, headers: bytes) -> None:
        self.key, self._value, self._headers = key.decode(errors="replace"), value, headers

    def field(self, name: str) -> object:
        if name.startswith(DATA):
            return self._data.get(name.removeprefix(DATA))
        return getattr(self, name) if name in OTHERS else getattr(self._envelope, name, None)

    @property
    def error(self) -> str | None:
        read = (self._read_envelope, self._read_data)
        return next((str(each) for each in read if isinstance(each, Exception)), None)

    @property
    def data(self) -> str | None:
        """Of a type or version that this program does not know it is shown as it is written."""
        if self._data:
            return msgspec.json.encode(self._data).decode()
        try:
            msgspec.json.decode(self._value)
            return self._value.decode()
        except _UNREADABLE:
            return None

    @property
    def _envelope(self) -> Envelope | None:
        return self._read_envelope if isinstance(self._read_envelope, Envelope) else None

    @property
    def _data(self) -> dict[str, object]:
        return self._read_data if isinstance(self._read_data, dict) else {}

    @cached_property
    def _read_envelope(self) -> Envelope | Exception:
        try:
            return decode_envelope(rows.decode_headers(self._headers))
        except (EnvelopeInvalid, msgspec.DecodeError) as error:
            return error

    @cached_property
    def _read_data(self) -> dict[str, object] | Exception:
        if not isinstance(self._read_envelope, Envelope):
            return {}
        try:
            event = decode_data(self._read_envelope, self._value)
        except _UNREADABLE as error:
            return error
        return {} if event is None else msgspec.convert(msgspec.to_builtins(event), dict[str, object])


def _sql(value: object) -> SqlValue:
    """As SQLite keeps it; what has parts is JSON."""
    built = msgspec.to_builtins(value)
    if isinstance(built, bool):
        return int(built)
    if built is None or isinstance(built, str | int | float):
        return built
    return msgspec.json.encode(built).decode()
