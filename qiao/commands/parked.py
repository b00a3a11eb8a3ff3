"""`qiao parked`: events that could not be folded, and what an operator does about them."""

import os
import sys
from collections.abc import Sequence

import click
from rich.console import Console

from libs.log import Log, Partition, Place
from libs.log.single import read_one
from qiao.commands.opening import put_on_record, settings_for
from qiao.commands.parked_places import PLACE, PROJECTION, with_stores
from qiao.commands.piping import piped
from qiao.commands.printing import json_text
from qiao.commands.unparking import discard_command, edit_command, redrive_command
from qiao.looking.naming import TOPIC, Registrations
from qiao.parking.lot import Waiting, waiting_at, waiting_in
from qiao.parking.reading import reading_of
from qiao.parking.showing import Shown, as_table, as_text, shown_open
from qiao.services import SERVICES, projections
from qiao.settings import load
from qiao.stores import Stores
from qiao.tailing.lines import Line, line_of

_JSON = click.option("--json", is_flag=True, help="Print JSON.")

WIDE = 240
"""Columns where nobody watches: whoever reads the pipe wants whole keys."""


@click.group("parked")
def parked_group() -> None:
    """Events that could not be folded, and those of the same key that wait behind them.

    PROJECTION is the service that folds, PLACE is where the event stands: 'posts[3]@17', quoted for the shell.
    Embedded, all of it works beside a running `qiao up`; redrive, discard and edit are carried out by it.
    """


@parked_group.command("list")
@click.option("--projection", "only", multiple=True, type=click.Choice(list(SERVICES)), help="Only this one's.")
@_JSON
def list_command(only: Sequence[str], json: bool) -> None:
    """List what is parked, by projection.

    \b
    qiao parked list
    qiao parked list --projection feeds --json
    """
    rows = with_stores(lambda stores: _list(stores, only))
    with piped():
        if json:
            click.echo(json_text(rows))
        elif rows:
            Console(width=None if sys.stdout.isatty() else WIDE).print(as_table(rows))
        else:
            click.echo("Nothing is parked.")


@parked_group.command("show", short_help="Show why an event is parked, and what it says.")
@PROJECTION
@PLACE
@click.option(
    "--open", "open_", is_flag=True, help="Show what people wrote. It needs the master key and is on the record."
)
@_JSON
def show_command(projection: str, place: Place, open_: bool, json: bool) -> None:
    """Show one parked event: why it is parked, what it says, what its handler reads and who waits behind it.

    What people wrote is sealed, and shows as stand-ins as long as the texts, except with --open. --json has the tokens,
    as `parked edit` takes them.

    \b
    qiao parked show feeds 'posts[3]@17'
    qiao parked show feeds 'posts[3]@17' --open
    """
    shown = with_stores(lambda stores: _show(stores, projection, place, open_), settings_for("parked", opening=open_))
    with piped():
        click.echo(json_text(shown) if json else as_text(shown))


for command in (redrive_command, discard_command, edit_command):
    parked_group.add_command(command)


async def _list(stores: Stores, only: Sequence[str]) -> list[Waiting]:
    settings = load(os.environ)
    rows = await waiting_in(stores.views, projections(settings, only), await stores.log.topics())
    return [Waiting.of(row) for row in rows]


async def _show(stores: Stores, projection: str, place: Place, open_: bool) -> Shown:
    row, *behind = await waiting_at(stores.views, projection, place)
    record = await read_one(stores.log, place)
    [folded] = projections(load(os.environ), [projection])
    shown = Shown(
        parked=Waiting.of(row),
        event=(line := line_of(record)),
        by=await _actor(stores.log, line),
        reads=await reading_of(stores.views, folded, record),
        behind=[Waiting.of(each) for each in behind],
    )
    if not open_:
        return shown
    put_on_record(f"{projection} {place}")
    return await shown_open(shown, stores.keys)


async def _actor(log: Log, line: Line) -> str:
    actor = line.envelope.actor if line.envelope else None
    if actor is None:
        return "the system" if line.envelope else "unknown"
    topic = (await log.topics()).get(TOPIC)
    places = [Partition(TOPIC, number) for number in range(topic.partitions)] if topic else []
    handle = (await Registrations(log, await log.bounds(places)).of([actor])).get(actor)
    return f"@{handle}" if handle else str(actor)
