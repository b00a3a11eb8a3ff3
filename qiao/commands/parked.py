"""`qiao parked`: events that could not be folded, and what an operator does about them."""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import click
from rich.console import Console

from libs.projections.redrive import Request, read_one
from qiao.parking.asking import NotAnswered, ask_and_wait
from qiao.parking.lot import NothingParked, PlaceInvalid, Spot, Waiting, waiting_at, waiting_in
from qiao.parking.showing import Shown, as_json, as_table, as_text
from qiao.services import SERVICES, projections
from qiao.settings import load
from qiao.stores import Stores, open_stores
from qiao.tailing.lines import line_of

T = TypeVar("T")

_PROJECTION = click.argument("projection", type=click.Choice(list(SERVICES)), metavar="PROJECTION")
_TIMEOUT = click.option(
    "--timeout", type=click.FloatRange(0.1, 600), default=30, show_default=True, help="Seconds to wait for the owner."
)
_JSON = click.option("--json", is_flag=True, help="Print JSON.")


class SpotType(click.ParamType[Spot]):
    """A place in the log on the command line."""

    name = "place"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Spot:
        """See click."""
        try:
            return Spot.parse(value)
        except PlaceInvalid as error:
            self.fail(str(error), param, ctx)


_PLACE = click.argument("place", type=SpotType(), metavar="PLACE")


@click.group("parked")
def parked_group() -> None:
    """Events that could not be folded, and those of the same key that wait behind them.

    PROJECTION is the service that folds, PLACE is where the event stands: 'posts[3]@17', quoted for the shell.
    Embedded, all of it works beside a running `qiao up`; redrive and discard are carried out by it.
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
    rows = _with_stores(lambda stores: _list(stores, only))
    if json:
        click.echo(as_json(rows))
    elif rows:
        Console().print(as_table(rows))
    else:
        click.echo("Nothing is parked.")


@parked_group.command("show")
@_PROJECTION
@_PLACE
@_JSON
def show_command(projection: str, place: Spot, json: bool) -> None:
    """Show one parked event: why it is parked, and what it says. What people wrote stays sealed.

    \b
    qiao parked show feeds 'posts[3]@17'
    """
    shown = _with_stores(lambda stores: _show(stores, projection, place))
    click.echo(as_json(shown) if json else as_text(shown))


@parked_group.command("redrive")
@_PROJECTION
@_PLACE
@click.option("--only", is_flag=True, help="Not those of the same key that wait behind it.")
@_TIMEOUT
def redrive_command(projection: str, place: Spot, only: bool, timeout: float) -> None:
    """Fold a parked event again, and those of its key that wait behind it.

    The owner of the partition does it between two batches; the exit status is 1 if it fails again.

    \b
    qiao parked redrive feeds 'posts[3]@17'
    """

    async def act(stores: Stores) -> str:
        row, *_ = await waiting_at(stores.views, projection, place)
        request = Request(
            action="redrive", key=row.key, offset=place.offset if only else None, actor=_operator(), reason=""
        )
        return await _carry_out(stores, projection, place, request, timeout)

    click.echo(_with_stores(act))


@parked_group.command("discard")
@_PROJECTION
@_PLACE
@click.option("--reason", required=True, help="Why: it goes on the record, so no personal data.")
@_TIMEOUT
def discard_command(projection: str, place: Spot, reason: str, timeout: float) -> None:
    """Give one parked event up: this projection never folds it, in a rebuild and a replay neither.

    It goes on the record as EventSkipped. Those of its key that wait behind it wait on: redrive them.

    \b
    qiao parked discard feeds 'posts[3]@17' --reason 'written by a client that no longer exists'
    """
    if not reason.strip():
        raise click.BadParameter("say why", param_hint="--reason")

    async def act(stores: Stores) -> str:
        row, *behind = await waiting_at(stores.views, projection, place)
        request = Request(action="discard", key=row.key, offset=place.offset, actor=_operator(), reason=reason)
        outcome = await _carry_out(stores, projection, place, request, timeout)
        return f"{outcome}; {len(behind)} of the same key wait on: qiao parked redrive" if behind else outcome

    click.echo(_with_stores(act))


def _with_stores(act: Callable[[Stores], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_stores(load(os.environ), beside=True) as stores:
            return await act(stores)

    try:
        return asyncio.run(run())
    except (NothingParked, NotAnswered) as error:
        raise click.ClickException(str(error)) from error


async def _list(stores: Stores, only: Sequence[str]) -> list[Waiting]:
    settings = load(os.environ)
    rows = await waiting_in(stores.views, projections(settings, only), await stores.log.topics())
    return [Waiting.of(row) for row in rows]


async def _show(stores: Stores, projection: str, spot: Spot) -> Shown:
    row, *behind = await waiting_at(stores.views, projection, spot)
    record = await read_one(stores.log, spot.partition, spot.offset)
    return Shown(parked=Waiting.of(row), event=line_of(record), behind=[Waiting.of(each) for each in behind])


async def _carry_out(stores: Stores, projection: str, spot: Spot, request: Request, timeout: float) -> str:
    with Console(stderr=True).status(f"asking the owner of {projection} {spot.partition.topic}"):
        done = await ask_and_wait(stores.vault, projection, spot.partition, request, timeout)
    if done.state == "failed":
        raise click.ClickException(done.outcome)
    return f"{request.action}: {done.outcome}"


def _operator() -> str:
    """Who acts, for the record of the request."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"
