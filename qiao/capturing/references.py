"""What a record refers to: found by the names of fields, so that types which this program does not know count, too."""

from typing import NamedTuple
from uuid import UUID

import msgspec

from libs.log import Record


class _ReplyTo(msgspec.Struct, frozen=True, gc=False):
    post: UUID
    author: UUID
    root: UUID


class _Data(msgspec.Struct, frozen=True, gc=False):
    """The fields by which events refer to something. What a type has beside them is passed over."""

    account: UUID | None = None
    author: UUID | None = None
    target: UUID | None = None
    post: UUID | None = None
    reply_to: _ReplyTo | None = None
    mentions: tuple[UUID, ...] = ()
    media: tuple[UUID, ...] | UUID = ()
    avatar: UUID | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None


class _Head(msgspec.Struct, frozen=True, gc=False):
    """What the headers refer to: the whole envelope would take three times as long."""

    ce_id: UUID | None = None
    ce_correlationid: UUID | None = None
    ce_causationid: UUID | None = None
    ce_actor: UUID | None = None


class References(NamedTuple):
    """A record, and what it refers to. One that cannot be read refers to nothing."""

    record: Record
    head: _Head
    data: _Data

    @property
    def accounts(self) -> set[UUID]:
        """Everyone who acts in it or is named."""
        data = self.data
        answered = data.reply_to.author if data.reply_to else None
        named = {data.account, data.author, data.target, answered, self.head.ce_actor}
        return {account for account in (*named, *data.mentions) if account is not None}

    @property
    def posts(self) -> set[UUID]:
        """The posts that it is about, or answers."""
        answered = (self.data.reply_to.post, self.data.reply_to.root) if self.data.reply_to else ()
        return {post for post in (self.data.post, *answered) if post is not None}

    @property
    def photos(self) -> set[UUID]:
        """The photos that it shows."""
        media = self.data.media
        return {each for each in (*(media if isinstance(media, tuple) else (media,)), self.data.avatar) if each}


_NOTHING, _NO_HEAD = _Data(), _Head()
_decode = msgspec.json.Decoder(_Data).decode
_HEADERS = frozenset(_Head.__struct_fields__)


def references(record: Record) -> References:
    """Whatever the record holds: the same for every program that knows these names."""
    try:
        found = {name: value.decode() for name, value in record.headers if name in _HEADERS}
        head = msgspec.convert(found, _Head)
    except (AttributeError, UnicodeDecodeError, msgspec.ValidationError):  # Kafka has headers without a value, too
        head = _NO_HEAD
    try:
        data = _decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        data = _NOTHING
    return References(record, head, data)
