"""`qiao events`: tail, grep, show."""

import asyncio
import os
import select
import stat
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal
from uuid import UUID

import click
import uvloop

from qiao.commands.events_grep import grep_command
from qiao.commands.events_show import show_command
from qiao.commands.interrupting import unless_stopped
from qiao.commands.looking import JSON, OPEN, Filters, filters, looking
from qiao.commands.piping import piped
from qiao.sources import LIVE
from qiao.tailing.tail import tail
from services.gateway.server import stop_requested

_LOOK_MS = 100


@click.group("events")
def events_group() -> None:
    """Show events of the log as they come, those of the past, or one with all that is known of it."""


events_group.add_command(grep_command)
events_group.add_command(show_command)


@events_group.command("tail", short_help="Show events as they are appended.")
@filters
@click.option("--from-start", is_flag=True, help="Begin with the oldest event there is.")
@click.option("--count", type=click.IntRange(1), help="End after so many.")
@OPEN
@JSON
def tail_command(
    topics: Sequence[str],
    types: Sequence[str],
    keys: Sequence[str],
    actors: Sequence[str],
    correlations: Sequence[UUID],
    since: int | None,
    text: str,
    from_start: bool,
    count: int | None,
    opening: bool,
    json: bool,
) -> None:
    """Show events as they are appended, until Ctrl-C: local time, place, type, who did it and what it is about.

    It joins no group and disturbs nobody; embedded, it reads beside a running `qiao up`. Events of one partition come
    in their order. What people wrote stays sealed, unless --open is given. Several of one option add up, different
    options narrow each other.

    \b
    qiao events tail
    qiao events tail --topic posts --type PostCreated --from-start
    qiao events tail --actor @mei --from -15m
    qiao events tail --from-start --count 100 --json | head
    """
    wished = Filters(
        topics=tuple(topics),
        types=tuple(types),
        keys=tuple(keys),
        actors=tuple(actors),
        correlations=tuple(correlations),
        since=since,
        text=text,
    )
    with piped():
        uvloop.run(_until_stopped(wished, "start" if from_start else "end", count, opening=opening, json=json))


async def _until_stopped(
    wished: Filters, begin: Literal["start", "end"], count: int | None, *, opening: bool, json: bool
) -> None:
    with stop_requested() as stop, _reader_gone(stop):
        await unless_stopped(_tail(wished, begin, count, opening=opening, json=json), stop)


async def _tail(
    wished: Filters, begin: Literal["start", "end"], count: int | None, *, opening: bool, json: bool
) -> None:
    async with looking(LIVE, opening=opening, json=json, dated=False, text=wished.text) as (source, pipeline, show):
        async for records in tail(source.log, source.bounds, await wished.wanted(source), begin):
            lines = (await pipeline.lines(records))[:count]
            show(lines, await pipeline.names(lines))
            if count is not None and not (count := count - len(lines)):
                return


@contextmanager
def _reader_gone(stop: asyncio.Event) -> Iterator[None]:
    """Stop as soon as nobody reads our output any more, not only at the next event: `... | head` must end.

    A thread looks, for a loop that watches a pipe makes it non-blocking: then a slow reader breaks the output off.
    """
    output, loop, done = sys.stdout.fileno(), asyncio.get_running_loop(), threading.Event()
    if not stat.S_ISFIFO(os.fstat(output).st_mode):
        yield
        return

    def watch() -> None:
        poll = select.poll()
        poll.register(output, 0)  # only what is always told: that the other end was closed
        while not done.is_set():
            if poll.poll(_LOOK_MS):
                loop.call_soon_threadsafe(stop.set)
                return

    watching = threading.Thread(target=watch, name="watch who reads")
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()
