"""`qiao rebuild`."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import click
import uvloop

from libs.projections.generations import Moved, read_standing
from libs.projections.rebuilding import (
    DecidedLate,
    Differs,
    Ground,
    LeaseHeld,
    LeaseLost,
    NobodyStopped,
    NothingToDo,
    Paused,
    Rebuild,
    StillStands,
    ask_to_pause,
    open_ground,
    rebuilding,
)
from libs.projections.rebuilding.lease import SECONDS as LEASE_SECONDS
from libs.projections.rebuilding.throttle import MAX_LAG
from qiao.commands.interrupting import interruptible
from qiao.commands.operator import operator
from qiao.commands.piping import piped
from qiao.commands.printing import json_text
from qiao.rebuilding.showing import Display, Result, display, in_words, result_of, status_in_words
from qiao.rebuilding.status import status_of
from qiao.services import SERVICES, projections
from qiao.settings import Settings, load
from qiao.stores import open_stores
from qiao.trouble import Trouble

PAUSED = 3
"""The exit status of a rebuild that somebody paused: nothing went wrong, and nothing was swapped."""

AGAIN = 1.0
"""Seconds after which one that found another at work looks again."""


class Wanted(NamedTuple):
    """How it is to be done."""

    max_lag: float
    accept: bool
    owners: bool


@click.command("rebuild")
@click.argument("projection", type=click.Choice(list(SERVICES)), metavar="PROJECTION")
@click.option(
    "--max-lag",
    type=click.FloatRange(0.05, 3600),
    default=MAX_LAG,
    show_default=True,
    metavar="SECONDS",
    help="Stand still while the live tables are further behind the log.",
)
@click.option("--accept-differences", "accept", is_flag=True, help="Let the new tables serve though they differ.")
@click.option("--without-workers", is_flag=True, help="Nobody folds the projection now: do not wait for its owners.")
@click.option("--status", "verb", flag_value="status", help="Only tell what stands.")
@click.option("--pause", "verb", flag_value="pause", help="Let the rebuild that runs end after the batch in hand.")
@click.option("--rollback", "verb", flag_value="rollback", help="Bring back the tables that served before.")
@click.option("--drop-old", "verb", flag_value="drop", help="Drop the tables that served before, for good.")
@click.option("--abandon", "verb", flag_value="abandon", help="Drop the tables that are being filled, for good.")
@click.option("--json", is_flag=True, help="One JSON object.")
def rebuild_command(
    projection: str, max_lag: float, accept: bool, without_workers: bool, verb: str | None, json: bool
) -> None:
    """Fold the log into new tables of a projection, beside those that serve, and let the new ones serve.

    Nothing is appended meanwhile, requests and workers go on, and the work stands still while they lag. Ctrl-C or
    --pause ends it after the batch in hand; run again, also after a crash, it goes on. The new tables are compared with
    the old ones where events taken at random have written; if rows differ, nothing is swapped and the exit status is 1
    (--accept-differences: the handlers were changed on purpose). It is 3 where somebody paused it, and 0 once the new
    tables serve. Workers stand still for about a second for the swap. The old tables stand until --drop-old, and
    --rollback brings them back, up to date. Credentials and claims are no fold of the log and stay as they are.

    \b
    qiao rebuild feeds
    qiao rebuild feeds --max-lag 0.2 --json
    qiao rebuild feeds --status
    """
    settings = load(os.environ)
    wanted = Wanted(max_lag, accept, not without_workers)
    try:
        text, status = uvloop.run(interruptible(_act(settings, projection, verb or "build", wanted, json)))
    except (DecidedLate, LeaseHeld, LeaseLost, Moved, NobodyStopped, NothingToDo, StillStands) as error:
        raise Trouble(f"{error}{_remedy(error, verb)}") from error
    with piped():
        click.echo(text)
    if status:
        click.get_current_context().exit(status)


def _remedy(error: Exception, verb: str | None) -> str:
    """What a person can do about it."""
    if isinstance(error, DecidedLate) and verb == "rollback":
        return ": it cannot come back; qiao rebuild PROJECTION makes tables that keep to what was decided"
    if isinstance(error, DecidedLate):
        return ": qiao rebuild PROJECTION --abandon, then again from the start"
    if isinstance(error, NobodyStopped):
        return "; start `qiao up` or `qiao worker`, or say --without-workers if nobody folds now"
    return ""


async def _act(settings: Settings, name: str, verb: str, wanted: Wanted, json: bool) -> tuple[str, int]:
    """What to print, and the exit status."""
    async with open_stores(settings, beside=True) as stores:
        [projection] = projections(settings, [name])
        ground = await open_ground(projection, stores.log, stores.store, stores.vault)
        if verb == "status":
            status = await status_of(ground)
            return _printed(status, json, status_in_words(status)), 0
        if verb == "pause":
            await ask_to_pause(stores.vault, name)
            return _printed({"projection": name, "done": "asked to pause"}, json, f"{name}: asked to pause"), 0
        result = await _under_lease(ground, verb, wanted)
        return _printed(result, json, in_words(result)), _STATUS.get(result.done, 0)


async def _under_lease(ground: Ground, verb: str, wanted: Wanted) -> Result:
    """One that was killed leaves its lease for a while: wait for that long."""
    owner = f"{operator()}@{socket.gethostname()} (process {os.getpid()})"
    deadline = asyncio.get_running_loop().time() + LEASE_SECONDS + AGAIN
    with display() as shown:
        while True:
            try:
                async with rebuilding(ground, owner, max_lag=wanted.max_lag, tell=shown) as rebuild:
                    return await _done(verb, ground, rebuild, wanted, shown)
            except LeaseHeld:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(AGAIN)


async def _done(verb: str, ground: Ground, rebuild: Rebuild, wanted: Wanted, shown: Display) -> Result:
    try:
        return await _VERBS[verb](ground, rebuild, wanted, shown)
    except Paused:
        return await _result(ground, "paused", shown)


async def _build(ground: Ground, rebuild: Rebuild, wanted: Wanted, shown: Display) -> Result:
    try:
        compared = await rebuild.build(accept=wanted.accept, owners=wanted.owners)
    except Differs as error:
        return await _result(ground, "differs", shown, error)
    name, serving = ground.projection.name, await _serving(ground)
    return result_of(name, serving, "swapped", shown, compared, 0)


async def _roll_back(ground: Ground, rebuild: Rebuild, wanted: Wanted, shown: Display) -> Result:
    await rebuild.roll_back(owners=wanted.owners)
    return await _result(ground, "rolled back", shown)


async def _drop(ground: Ground, rebuild: Rebuild, wanted: Wanted, shown: Display) -> Result:
    return await _result(ground, f"dropped {_numbers(await rebuild.drop_old())}", shown)


async def _abandon(ground: Ground, rebuild: Rebuild, wanted: Wanted, shown: Display) -> Result:
    return await _result(ground, f"abandoned {_numbers(await rebuild.abandon())}", shown)


_VERBS: dict[str, Callable[[Ground, Rebuild, Wanted, Display], Awaitable[Result]]] = {
    "build": _build,
    "rollback": _roll_back,
    "drop": _drop,
    "abandon": _abandon,
}


_STATUS = {"differs": 1, "paused": PAUSED}


async def _result(ground: Ground, done: str, shown: Display, differs: Differs | None = None) -> Result:
    compared, parked = (differs.compared, differs.parked) if differs else (None, 0)
    return result_of(ground.projection.name, await _serving(ground), done, shown, compared, parked)


async def _serving(ground: Ground) -> int:
    return (await read_standing(ground.vault, ground.projection.name)).standing.serving


def _numbers(generations: Sequence[int]) -> str:
    return ", ".join(f"generation {number}" for number in generations)


def _printed(value: object, json: bool, words: str) -> str:
    return json_text(value) if json else words
