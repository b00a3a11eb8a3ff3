"""Causes and effects as names: what a record answers to, and which names it asks for.

A record *asks back* for its causes: what must be there so that it is folded as it was. It *asks forward* for its
effects: what followed from it. Two records belong together where one asks for a name that the other answers to.

    asks back     the event that caused it and the one that began its story; the posts that it is about or answers;
                  everyone who is named in it; photos; for a post who follows, blocks or mutes its author (they decide
                  who saw it)
    asks forward  what it caused; for a post its edits, its deletion, reactions and answers to it

A name is a number of 64 bits, made by hash. Two of one number would only bring in a record more.
"""

from hashlib import blake2b
from typing import Literal, NamedTuple
from uuid import UUID

from libs.log import Place
from qiao.capturing.references import References

Kind = Literal["event", "caused", "post", "about", "account", "ties", "by", "media", "place"]

_SALTS: dict[Kind, int] = {
    kind: int.from_bytes(blake2b(kind.encode(), digest_size=8).digest(), "big")
    for kind in ("event", "caused", "post", "about", "account", "ties", "by", "media", "place")
}
_SIGNED, _MASK = 1 << 63, (1 << 64) - 1
_SPREAD = 0x9E3779B97F4A7C15


class Names(NamedTuple):
    """What a record answers to and asks for, beside what every record does: see `event` and `place_name`."""

    event: int
    """Every record answers to its event's name, and asks forward for what that caused (`caused_by`)."""
    answers: set[int]
    back: set[int]
    forward: set[int]


def name(kind: Kind, id: UUID) -> int:  # noqa: A002 - an id is called an id everywhere
    """A signed number of 64 bits, as SQLite keeps it."""
    # The low half of a UUIDv7 is random, its high half is mostly time: both count.
    return ((_SALTS[kind] ^ id.int ^ (id.int >> 64) * _SPREAD) & _MASK) - _SIGNED


def caused_by(event: int) -> int:
    """The name that the effects of an event answer to, from the event's own."""
    return ((event + _SIGNED) ^ _SALTS["event"] ^ _SALTS["caused"]) - _SIGNED


def place_name(place: Place) -> int:
    """Every record asks back for this: the amendments of the record at this place answer to it."""
    digest = blake2b(str(place).encode(), digest_size=8).digest()
    return ((_SALTS["place"] ^ int.from_bytes(digest, "big")) & _MASK) - _SIGNED


def names_of(refs: References) -> Names:
    """By the record's topic and what it refers to."""
    event = name("event", refs.head.ce_id) if refs.head.ce_id else 0
    return Names(event, _answers(refs), _back(refs), _forward(refs))


def _answers(refs: References) -> set[int]:
    data, topic, cause = refs.data, refs.record.topic, refs.head.ce_causationid
    found = _own(refs)
    if cause is not None:
        found.add(name("caused", cause))
    if data.reply_to is not None:
        found |= {name("about", data.reply_to.post), name("about", data.reply_to.root)}
    if data.post is not None and topic != "posts":
        found.add(name("about", data.post))
    return found


def _own(refs: References) -> set[int]:
    """What the record's own topic makes it answer to."""
    data, topic = refs.data, refs.record.topic
    if topic == "posts" and data.post:
        return {name("post", data.post), *({name("by", data.author)} if data.author else ())}
    if topic == "accounts" and data.account:
        return {name("account", data.account)}
    if topic == "relationships":
        return {name("ties", account) for account in (data.account, data.target) if account}
    if topic == "media" and isinstance(data.media, UUID):
        return {name("media", data.media)}
    if topic == "operations" and data.topic and data.partition is not None and data.offset is not None:
        return {place_name(Place(data.topic, data.partition, data.offset))}
    return set()


def _back(refs: References) -> set[int]:
    # Names are put together at once: sets of UUIDs, which Python hashes and compares, take twice as long.
    data, head, answered = refs.data, refs.head, refs.data.reply_to
    accounts = [data.account, data.author, data.target, head.ce_actor, *data.mentions]
    found = {name("account", account) for account in accounts if account is not None}
    if data.post is not None:
        found.add(name("post", data.post))
    if answered is not None:
        found |= {name("account", answered.author), name("post", answered.post), name("post", answered.root)}
    if data.media or data.avatar:
        found.update(name("media", photo) for photo in refs.photos)
    for cause in (head.ce_causationid, head.ce_correlationid):
        if cause is not None and cause != head.ce_id:
            found.add(name("event", cause))
    if refs.record.topic == "posts" and data.author:
        found.add(name("ties", data.author))
    return found


def _forward(refs: References) -> set[int]:
    if refs.record.topic == "posts" and refs.data.post:
        return {name("post", refs.data.post), name("about", refs.data.post)}
    return set()
