"""`python -m bench.bare.home PORT VIEWS`: a home of 20 cards by the same reads, with cassandra-driver in the handler.

Who reads is taken from the token without checking it; texts stay sealed; nothing is filtered or merged.
"""

import asyncio
import base64
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import uvloop
from aiohttp import web
from cassandra.cluster import Session
from cassandra.query import PreparedStatement

from bench.bare.serving import serve
from bench.bare.sessions import bare_session
from libs.views import Table
from libs.views.cassandra.statements import qualified
from services.feeds.calendar import week_at
from services.feeds.tables import CARDS, COVERAGE, HOME, PEOPLE, REACTIONS_BY, RELATIONS, TALLIES

PAGE = 20

Rows = Sequence[Any]
"""Named tuples of the driver's own making."""


class _Claims(msgspec.Struct):
    sub: UUID


class Reads(NamedTuple):
    """What a home takes: seven reads in three rounds."""

    home: PreparedStatement
    relations: PreparedStatement
    coverage: PreparedStatement
    cards: PreparedStatement
    tallies: PreparedStatement
    people: PreparedStatement
    reactions: PreparedStatement


async def _prepare(session: Session) -> Reads:
    async def read(table: Table[msgspec.Struct], rest: str) -> PreparedStatement:
        text = f"SELECT * FROM {qualified(session.keyspace, table.name)} WHERE {rest}"
        return await asyncio.to_thread(session.prepare, text)

    people, _ = PEOPLE.tables
    return Reads(
        home=await read(HOME, "account = ? AND week = ? LIMIT 24"),
        relations=await read(RELATIONS, "account = ?"),
        coverage=await read(COVERAGE, "account = ?"),
        cards=await read(CARDS, "post IN ? PER PARTITION LIMIT 3"),
        tallies=await read(TALLIES, "subject IN ?"),
        people=await read(people, "account IN ?"),
        reactions=await read(REACTIONS_BY, "account = ? AND kind = 'like' AND post IN ?"),
    )


class Home:
    """The handler."""

    def __init__(self, session: Session, reads: Reads) -> None:
        """On the running event loop."""
        self._session, self._reads = session, reads
        self._loop = asyncio.get_running_loop()

    async def read(self, request: web.Request) -> web.Response:
        """The rows of a page as JSON."""
        reader = _reader(request)
        week = week_at(int(time.time() * 1000))
        pushed, relations, coverage = await asyncio.gather(
            self._ask(self._reads.home, (reader, week)),
            self._ask(self._reads.relations, (reader,)),
            self._ask(self._reads.coverage, (reader,)),
        )
        posts = [row.post for row in pushed[:PAGE]]
        authors = list({row.author for row in pushed[:PAGE]})
        cards = await self._ask(self._reads.cards, (posts,))
        tallies, people, reactions = await asyncio.gather(
            self._ask(self._reads.tallies, (posts,)),
            self._ask(self._reads.people, (authors,)),
            self._ask(self._reads.reactions, (reader, posts)),
        )
        body = msgspec.json.encode([cards, tallies, people, reactions, len(relations), len(coverage)])
        return web.Response(body=body, content_type="application/json")

    async def _ask(self, statement: PreparedStatement, values: Sequence[object]) -> Rows:
        future: asyncio.Future[Rows] = self._loop.create_future()

        def answered(rows: Rows) -> None:
            self._loop.call_soon_threadsafe(future.set_result, rows)

        def failed(error: BaseException) -> None:
            self._loop.call_soon_threadsafe(future.set_exception, error)

        self._session.execute_async(statement, values).add_callbacks(answered, failed)
        return await future


def _reader(request: web.Request) -> UUID:
    payload = request.headers["Authorization"].split(".")[1]
    return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=="), type=_Claims).sub


async def main(port: int, views: str) -> None:
    """Serve GET /v1/home."""
    async with bare_session(views) as session:
        application = web.Application()
        application.router.add_get("/v1/home", Home(session, await _prepare(session)).read)
        await serve(application, port)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
