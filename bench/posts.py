"""Posts for figures that fold: events as the posts service makes them, appended many at a time."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from libs.events import PostCreated, SealingKey, envelope_for, new_id, spec_of, to_record_parts
from libs.log import Entry, Log
from qiao.load.texts import text

CHUNK = 2_000
"""Entries handed to the log at once."""

Keys = Mapping[UUID, SealingKey]


def keys_for(accounts: Sequence[UUID]) -> dict[UUID, SealingKey]:
    """A real sealing key for each."""
    return {account: SealingKey.generate(account)[0] for account in accounts}


def entry_of(author: UUID, said: str, key: SealingKey) -> Entry:
    """A post of now, sealed with the key, as the log takes it."""
    event = PostCreated(post=new_id(), author=author, text=said, lang="en")
    envelope = envelope_for(event, source="/posts", actor=author, now=datetime.now(UTC))
    parts = to_record_parts(event, envelope, key)
    return Entry(spec_of(event).topic, parts.key, parts.value, parts.headers)


def entries_of(authors: Sequence[UUID], keys: Keys) -> list[Entry]:
    """One post of each, in this order."""
    return [entry_of(author, text(n), keys[author]) for n, author in enumerate(authors)]


async def append_all(log: Log, entries: Sequence[Entry]) -> None:
    """Append in chunks. Raises what the log raises."""
    for begin in range(0, len(entries), CHUNK):
        await log.append(entries[begin : begin + CHUNK])


def choose(accounts: Sequence[UUID], count: int, seed: int = 98) -> list[UUID]:
    """So many authors, at random but the same in every run."""
    return random.Random(seed).choices(accounts, k=count)
