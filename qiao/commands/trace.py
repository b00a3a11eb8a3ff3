"""`qiao trace`."""

import os
import re
from collections.abc import Sequence
from uuid import UUID

import click
import uvloop
from rich.console import Console

from qiao.commands.piping import piped
from qiao.settings import Settings, load
from qiao.stores import open_log_beside
from qiao.traces.drawing import as_json, draw
from qiao.traces.file import FILE
from qiao.traces.finding import trace_of_post
from qiao.traces.reading import gather, open_traces
from qiao.traces.tree import Trace, arrange
from qiao.trouble import NothingFound

_ID = re.compile(r"(?:00-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?")


class NothingKept(NothingFound):
    """What was asked for is not in the file."""


@click.command("trace")
@click.argument("trace_id", metavar="ID", required=False)
@click.option("--post", type=click.UUID, metavar="POST", help="The trace that made this post.")
@click.option(
    "--slowest",
    is_flag=False,
    flag_value=1,
    type=click.IntRange(1, 1000),
    metavar="[N]",
    help="The slowest requests.",
)
@click.option("--route", default="", metavar="TEXT", help="With --slowest: of routes with this in GET /v1/home etc.")
@click.option("--json", "json", is_flag=True, help="One JSON object a line for each trace.")
def trace_command(trace_id: str | None, post: UUID | None, slowest: int | None, route: str, json: bool) -> None:
    """Draw what a request did, across services, and what its events led to in the workers.

    `qiao up` keeps its traces in QIAO_DATA for a while (QIAO_TRACES and what follows it in `qiao settings`), unless a
    collector gets them. ID is a trace's, as in Qiao-Request-Id, logs and `parked show`. An arrow marks a batch that
    handled an event of the line above, in a trace of its own, maybe with events of others. The exit status is 1 where
    nothing is kept.

    \b
    qiao trace --slowest 3 --route /v1/home
    qiao trace --post 0197a0b2-6c1e-7c4e-9f3a-2f6d1f0c9b1a
    qiao trace 0af7651916cd43dd8448eb211c80319c --json
    """
    if [trace_id, post, slowest].count(None) != 2:
        raise click.UsageError("Say which: ID, --post or --slowest.")
    if route and slowest is None:
        raise click.UsageError("--route goes with --slowest.")
    wanted = _id(trace_id) if trace_id else None
    with piped():
        _show(_traces(load(os.environ), wanted, post, slowest, route), json)


def _id(text: str) -> str:
    found = _ID.fullmatch(text.lower())
    if found is None:
        raise click.BadParameter(f"{text!r} is no trace id: 32 hexadecimal digits.", param_hint="ID")
    return found[1]


def _traces(
    settings: Settings, wanted: str | None, post: UUID | None, slowest: int | None, route: str
) -> Sequence[Trace]:
    if post is not None:
        wanted = uvloop.run(_of_post(settings, post))
    with open_traces(settings.directory / FILE) as file:
        ids = [wanted] if wanted else file.slowest(slowest or 1, route)
        found = [arrange(one, parts) for one in ids if (parts := gather(file, one))]
    if not found:
        raise NothingKept(f"Nothing is kept of {_named(wanted, post, route)}: too long ago, or never was.")
    return found


async def _of_post(settings: Settings, post: UUID) -> str:
    async with open_log_beside(settings) as log:
        found = await trace_of_post(log, post)
    if found is None:
        raise NothingKept(f"The log has no post {post}.")
    return found


def _named(wanted: str | None, post: UUID | None, route: str) -> str:
    if wanted:
        return f"trace {wanted}" + (f", which made post {post}" if post else "")
    return f"any request to {route}" if route else "any request"


def _show(traces: Sequence[Trace], json: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for number, trace in enumerate(traces):
        if json:
            click.echo(as_json(trace))
            continue
        if number:
            click.echo()
        drawn = draw(trace, console.width)
        if console.is_terminal:
            console.print(drawn)
        else:
            click.echo(drawn.plain)
