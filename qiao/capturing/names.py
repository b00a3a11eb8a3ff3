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

Kind = Literal["event", "caused", "story", "post", "about", "account", "ties", "by", "media", "place", "named"]

_SALTS = {
    kind: int.from_bytes(blake2b(kind.encode(), digest_size=8).digest(), "big")
    for kind in ("event", "caused", "story", "post", "about", "account", "ties", "by", "media", "place", "named")
}
_SIGNED, _MASK = 1 << 63, (1 << 64) - 1


class Names(NamedTuple):
    """What a record answers to and asks for."""

    answers: set[int]
    back: set[int]
    forward: set[int]


def name(kind: Kind, id: UUID) -> int:  # noqa: A002 - an id is called an id everywhere
    """A signed number of 64 bits, as SQLite keeps it."""
    # The low half of a UUIDv7 is random, its high half is mostly time: both count.
    return ((_SALTS[kind] ^ id.int ^ (id.int >> 64) * 0x9E3779B97F4A7C15) & _MASK) - _SIGNED


def place_name(place: Place) -> int:
    """The amendments of the record at this place answer to it."""
    digest = blake2b(f"{place.topic}[{place.partition}]@{place.offset}".encode(), digest_size=8).digest()
    return ((_SALTS["place"] ^ int.from_bytes(digest, "big")) & _MASK) - _SIGNED


def names_of(refs: References) -> Names:
    """By the record's topic and what it refers to."""
    return Names(_answers(refs), _back(refs), _forward(refs))


def _answers(refs: References) -> set[int]:
    data, envelope, topic = refs.data, refs.envelope, refs.record.topic
    found = _own(refs)
    if envelope is not None:
        found.add(name("event", envelope.id))
        if envelope.causation is not None:
            found.add(name("caused", envelope.causation))
    if data.reply_to is not None:
        found |= {name("about", data.reply_to.post), name("about", data.reply_to.root)}
    if data.post is not None and topic != "posts":
        found.add(name("about", data.post))
    if topic == "operations" and data.topic and data.partition is not None and data.offset is not None:
        found.add(place_name(Place(data.topic, data.partition, data.offset)))
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
    return set()


def _back(refs: References) -> set[int]:
    data, envelope = refs.data, refs.envelope
    found = {name("account", account) for account in refs.accounts}
    found |= {name("post", post) for post in refs.posts}
    found |= {name("media", photo) for photo in refs.photos}
    if envelope is not None:
        found |= {
            name("event", id_) for id_ in (envelope.causation, envelope.correlation) if id_ not in (None, envelope.id)
        }
    if refs.record.topic == "posts" and data.author:
        found.add(name("ties", data.author))
    found.add(place_name(Place(refs.record.topic, refs.record.partition, refs.record.offset)))
    return found


def _forward(refs: References) -> set[int]:
    found = {name("caused", refs.envelope.id)} if refs.envelope else set()
    if refs.record.topic == "posts" and refs.data.post:
        found |= {name("post", refs.data.post), name("about", refs.data.post)}
    return found
