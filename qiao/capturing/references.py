"""What a record refers to: found by the names of fields, so that types which this program does not know count, too."""

from typing import NamedTuple
from uuid import UUID

import msgspec

from libs.events.envelope import Envelope
from libs.events.errors import EnvelopeInvalid
from libs.events.headers import decode_envelope
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


class References(NamedTuple):
    """A record, and what it refers to. One that cannot be read refers to nothing."""

    record: Record
    envelope: Envelope | None
    data: _Data

    @property
    def accounts(self) -> set[UUID]:
        """Everyone who acts in it or is named."""
        data, envelope = self.data, self.envelope
        answered = data.reply_to.author if data.reply_to else None
        named = {data.account, data.author, data.target, answered, envelope.actor if envelope else None}
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


_NOTHING = _Data()
_decode = msgspec.json.Decoder(_Data).decode


def references(record: Record) -> References:
    """Whatever the record holds: the same for every program that knows these names."""
    try:
        envelope: Envelope | None = decode_envelope(record.headers)
    except EnvelopeInvalid:
        envelope = None
    try:
        data = _decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        data = _NOTHING
    return References(record, envelope, data)
