"""`qiao events tail`."""

import asyncio
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
import uvloop
from rich.console import Console

from libs.events import all_specs
from qiao.settings import Settings, load
from qiao.stores import open_log_beside
from qiao.tailing.lines import Line, as_json, as_text
from qiao.tailing.tail import Wanted, tail
from services.gateway.server import stop_requested

_TOPICS = sorted({spec.topic for spec in all_specs()})
_TYPES = sorted(spec.type for spec in all_specs())


@click.group("events")
def events_group() -> None:
    """What happens: the events of the log."""


@events_group.command("tail")
@click.option("--topic", "topics", multiple=True, type=click.Choice(_TOPICS), metavar="TOPIC", help="Only this one.")
@click.option("--type", "types", multiple=True, type=click.Choice(_TYPES), metavar="TYPE", help="Only this one.")
@click.option("--from-start", is_flag=True, help="Begin with the oldest event there is.")
@click.option("--count", type=click.IntRange(1), help="End after so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with the event's data.")
def tail_command(
    topics: Sequence[str], types: Sequence[str], from_start: bool, count: int | None, as_json: bool
) -> None:
    """Show events as they are appended, until Ctrl-C: local time, place, type, who did it and what it is about.

    It joins no group and disturbs nobody; embedded, it reads beside a running `qiao up`. Events of one partition come
    in their order. What people wrote stays sealed. --topic and --type may be given several times.

    \b
    qiao events tail
    qiao events tail --topic posts --type PostCreated --from-start
    qiao events tail --from-start --count 100 --json | head
    """
    wanted = Wanted(topics=tuple(topics), types=frozenset(types), from_start=from_start, count=count)
    try:
        uvloop.run(_tail(load(os.environ), wanted, as_json))
    except BrokenPipeError:
        # Whoever read has read enough. Python would complain of it once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _tail(settings: Settings, wanted: Wanted, json: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)

    def show(line: Line) -> None:
        if json:
            click.echo(as_json(line))
        elif console.is_terminal:
            console.print(as_text(line))
        else:
            click.echo(as_text(line).plain)

    async with open_log_beside(settings) as log:
        with stop_requested() as stop, _reader_gone(stop):
            tailing = asyncio.create_task(tail(log, wanted, show))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([tailing, stopping], return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            tailing.cancel()
            for result in await asyncio.gather(tailing, stopping, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result


@contextmanager
def _reader_gone(stop: asyncio.Event) -> Iterator[None]:
    """Stop as soon as nobody reads our output any more, not only at the next event: `... | head` must end."""
    output, loop = sys.stdout.fileno(), asyncio.get_running_loop()
    if not stat.S_ISFIFO(os.fstat(output).st_mode):
        yield
        return
    # The writing end of a pipe becomes readable when its other end is closed, and never before.
    loop.add_reader(output, stop.set)
    try:
        yield
    finally:
        loop.remove_reader(output)
