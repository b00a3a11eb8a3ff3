"""`qiao journey`."""

import os
import sys
from uuid import UUID

import click
import uvloop
from rich.console import Console

from libs.projections import ViewProgress
from qiao.commands.piping import piped
from qiao.commands.printing import json_text
from qiao.commands.progress import counting
from qiao.journeys import Journey, Journeys, PostNotInLog
from qiao.journeys.journey import MOST
from qiao.journeys.showing import as_tree, remarks
from qiao.journeys.sweeping import Count
from qiao.journeys.timing import timed
from qiao.services import projections
from qiao.settings import Settings, load
from qiao.stores import open_stores
from qiao.traces.file import FILE
from qiao.traces.reading import TracesUnreadable, open_traces
from qiao.trouble import NothingFound

_WIDE = 1_000
"""Characters of a line where no terminal sets an end."""


@click.command("journey")
@click.argument("post", type=click.UUID, metavar="POST")
@click.option(
    "--most", type=click.IntRange(1, 500), default=MOST, show_default=True, help="Likes, saves and replies of each."
)
@click.option("--whole", is_flag=True, help="Read every event since the post, for those that left no row, too.")
@click.option("--json", is_flag=True, help="Print JSON.")
def journey_command(post: UUID, most: int, whole: bool, json: bool) -> None:
    """Show what a post caused: events across services, who handled them, what they wrote, where they wait.

    It works from the log and the tables alone, beside a running platform. Rows are what the handlers write when they
    are run again, beside what the tables hold now; nothing is written. What people wrote is not shown. How long after
    its append an event was folded, and in how many batches it was tried, is told where `qiao up` has kept the traces.
    The exit status is 1 where the log has no such post.

    \b
    qiao journey 0194a6c2-8f3e-7c41-9b1a-5d2f6e7a8b90
    qiao journey 0194a6c2-8f3e-7c41-9b1a-5d2f6e7a8b90 --whole --json
    """
    with counting("reading events") as count:
        try:
            journey = uvloop.run(_journey(load(os.environ), post, most, whole, count))
        except PostNotInLog as error:
            raise NothingFound(str(error)) from error
    with piped():
        _show(journey, json)


async def _journey(settings: Settings, post: UUID, most: int, whole: bool, count: Count) -> Journey:
    async with open_stores(settings, beside=True) as stores:
        progress = ViewProgress(stores.views, stores.vault)
        journeys = Journeys(projections(settings), stores.log, stores.views, progress)
        journey = await journeys.of(post, most=most, whole=whole, count=count)
    return _with_times(settings, journey)


def _with_times(settings: Settings, journey: Journey) -> Journey:
    """With what the traces add that `qiao up` keeps; without, where there are none."""
    try:
        with open_traces(settings.directory / FILE) as file:
            return timed(journey, file.handlers_of)
    except TracesUnreadable:
        return journey


def _show(journey: Journey, json: bool) -> None:
    if json:
        click.echo(json_text(journey))
        return
    width = None if sys.stdout.isatty() else _WIDE
    Console(width=width, highlight=False).print(as_tree(journey))
    for remark in remarks(journey):
        click.echo(remark, err=True)
