"""Homes with a long past, written straight into the tables: what `feeds` would have folded."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from libs.events import derived_id, lowest_at, new_id, seal
from libs.people import RegisteredFacet
from libs.people.tables import PersonFacet
from libs.views import Put
from qiao.load.texts import text
from qiao.stores import Stores
from services.feeds.calendar import DAY_MS, week_of
from services.feeds.handlers.relationships import FOLLOWING
from services.feeds.tables import (
    CARDS,
    COVERAGE,
    HOME,
    PEOPLE,
    RELATIONS,
    CardFacet,
    Coverage,
    Created,
    HomePost,
    Relation,
)

AUTHORS = 20
DAYS = 27
CARDS_SHOWN = 40
CHUNK = 10_000
"""Puts handed to the views at once."""

FROM_THE_BEGINNING = UUID(int=0)


class Home(NamedTuple):
    """Whose, and of when."""

    reader: UUID
    now_ms: int


async def write_home(stores: Stores, posts: int) -> Home:
    """A reader of 20 authors with so many posts of theirs in the last 27 days; the newest have their cards."""
    reader, now_ms = new_id(), int(datetime.now(UTC).timestamp() * 1000)
    authors = [new_id() for _ in range(AUTHORS)]
    ids = sorted((_post_at(now_ms - n * DAYS * DAY_MS // posts - 1, n) for n in range(posts)), reverse=True)
    pushed = [
        HomePost(reader, week_of(post), post, authors[n % AUTHORS], authors[n % AUTHORS]) for n, post in enumerate(ids)
    ]
    await _write(stores, [Put(HOME, row, 1) for row in pushed])
    await _write(stores, _circle(reader, authors))
    await _write(stores, await _shown(stores, authors, pushed[:CARDS_SHOWN]))
    return Home(reader, now_ms)


def _post_at(ms: int, n: int) -> UUID:
    return derived_id(lowest_at(ms), str(n))


def _circle(reader: UUID, authors: Sequence[UUID]) -> list[Put]:
    puts = []
    for author in authors:
        follow = new_id()
        puts.append(Put(RELATIONS, Relation(reader, FOLLOWING, author, True, follow), 1))
        puts.append(Put(COVERAGE, Coverage(reader, author, follow, FROM_THE_BEGINNING), 1))
    return puts


async def _shown(stores: Stores, authors: Sequence[UUID], pushed: Sequence[HomePost]) -> list[Put]:
    """The people and the cards."""
    people, _ = PEOPLE.tables
    keys = {author: await stores.keys.create(author) for author in authors}
    puts = []
    for n, author in enumerate(authors):
        name = seal(f"No. {n}", keys[author], new_id(), "display_name")
        body = RegisteredFacet(handle=f"author_{n}", display_name=name, reads=("en",), writes="en")
        puts.append(Put(people, PersonFacet(author, "registered", body), 1))
    for n, row in enumerate(pushed):
        sealed = seal(text(n), keys[row.author], new_id(), "text")
        created = Created(author=row.author, text=sealed, lang="en", topics=(), media=(), reply_to=None, at=0)
        puts.append(Put(CARDS, CardFacet(row.post, "created", created), 1))
    return puts


async def _write(stores: Stores, puts: Sequence[Put]) -> None:
    for begin in range(0, len(puts), CHUNK):
        await stores.views.write(puts[begin : begin + CHUNK])
