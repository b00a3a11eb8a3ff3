"""`qiao parked redrive|discard|edit`: what an operator has done about a parked event. Its owner does it."""

import sys
from typing import NamedTuple

import click
from rich.console import Console

from libs.log import Partition, Place
from libs.log.single import read_one
from libs.projections.redrive import Request
from qiao.commands.operator import operator
from qiao.commands.parked_places import PLACE, PROJECTION, with_stores
from qiao.commands.piping import piped
from qiao.commands.printing import json_text
from qiao.parking.asking import ask_and_wait
from qiao.parking.editing import EditInvalid, edit_of
from qiao.parking.lot import waiting_at
from qiao.stores import Stores


class Ended(NamedTuple):
    """What came of a request, and how many of its key wait on."""

    request: Request
    behind: int


def _said(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("say why", ctx, param)
    return value


_TIMEOUT = click.option(
    "--timeout", type=click.FloatRange(0.1, 600), default=30, show_default=True, help="Seconds to wait for the owner."
)
_REASON = click.option(
    "--reason", required=True, callback=_said, help="Why: it goes on the record, so no personal data."
)
_JSON = click.option("--json", is_flag=True, help="Print JSON.")


@click.command("redrive", short_help="Fold a parked event and its key's again.")
@PROJECTION
@PLACE
@_REASON
@click.option("--only", is_flag=True, help="Not those of the same key that wait behind it.")
@_TIMEOUT
@_JSON
def redrive_command(projection: str, place: Place, reason: str, only: bool, timeout: float, json: bool) -> None:
    """Fold a parked event again, and those of its key that wait behind it.

    The owner of the partition does it between two batches. If it fails again, the exit status is 1 and everything is
    left as it was.

    \b
    qiao parked redrive feeds 'posts[3]@17' --reason 'the handler is mended'
    """

    async def act(stores: Stores) -> Ended:
        row, *_ = await waiting_at(stores.views, projection, place)
        offset = place.offset if only else None
        request = Request(action="redrive", key=row.key, offset=offset, actor=operator(), reason=reason)
        return Ended(await _carry_out(stores, projection, place, request, timeout), 0)

    _tell(with_stores(act), json)


@click.command("discard", short_help="Give a parked event up, for good.")
@PROJECTION
@PLACE
@_REASON
@_TIMEOUT
@_JSON
def discard_command(projection: str, place: Place, reason: str, timeout: float, json: bool) -> None:
    """Give one parked event up: this projection never folds it, in a rebuild and a replay neither.

    It goes on the record as EventSkipped. Those of its key that wait behind it wait on: redrive them.

    \b
    qiao parked discard feeds 'posts[3]@17' --reason 'written by a client that no longer exists'
    """

    async def act(stores: Stores) -> Ended:
        row, *behind = await waiting_at(stores.views, projection, place)
        request = Request(action="discard", key=row.key, offset=place.offset, actor=operator(), reason=reason)
        return Ended(await _carry_out(stores, projection, place, request, timeout), len(behind))

    _tell(with_stores(act), json)


@click.command("edit", short_help="Fold other data in its place, for good.")
@PROJECTION
@PLACE
@click.option(
    "--data",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE|-",
    help="The event's data instead, as JSON.",
)
@_REASON
@click.option("--everywhere", is_flag=True, help="In other projections, too, once they are rebuilt.")
@_TIMEOUT
@_JSON
def edit_command(
    projection: str, place: Place, data: str, reason: str, everywhere: bool, timeout: float, json: bool
) -> None:
    """Fold other data in place of a parked event, now, in a rebuild and in a replay.

    It goes on the record as EventSuperseded; the event itself stays in the log. The data are of the newest version of
    its type, in the form that `qiao parked show --json` has under event.data. What people wrote stays as it is sealed
    there if it is left alone or left out; given in clear it is sealed anew. The event must be the first of its key that
    waits; those behind it wait on: redrive them. If it fails again, nothing goes on the record and all is as it was.

    \b
    qiao parked edit feeds 'posts[3]@17' --data mended.json --reason 'a client sent 40 topics'
    qiao parked edit feeds 'posts[3]@17' --data - --reason 'a client sent 40 topics'
    """

    instead = _read(data)

    async def act(stores: Stores) -> Ended:
        row, *behind = await waiting_at(stores.views, projection, place)
        record = await read_one(stores.log, place)
        try:
            edit = await edit_of(record, instead, stores.keys, everywhere=everywhere)
        except EditInvalid as error:
            raise click.BadParameter(str(error), param_hint="--data") from error
        request = Request(action="edit", key=row.key, offset=place.offset, edit=edit, actor=operator(), reason=reason)
        return Ended(await _carry_out(stores, projection, place, request, timeout), len(behind))

    _tell(with_stores(act), json)


def _read(path: str) -> bytes:
    try:
        with click.open_file(path, "rb") as file:
            return bytes(file.read())
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror or error}", param_hint="--data") from error


async def _carry_out(stores: Stores, projection: str, place: Place, request: Request, timeout: float) -> Request:
    with Console(stderr=True).status(f"asking the owner of {projection} {place.topic}"):
        return await ask_and_wait(stores.vault, projection, Partition(place.topic, place.partition), request, timeout)


def _tell(ended: Ended, json: bool) -> None:
    done, behind = ended
    waits = f"; {behind} of the same key wait on: qiao parked redrive" if behind else ""
    with piped():
        if json:
            click.echo(json_text(done))
        elif done.state != "failed":
            click.echo(f"{done.action}: {done.outcome}{waits}")
    if done.state == "failed":
        click.echo(f"{done.action}: {done.outcome}", err=True)
        sys.exit(1)
