"""Short ways to rebuild the toy, to look at one of its generations, and to have it folded meanwhile."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from random import Random

from libs.projections import Host
from libs.projections.generations import Standing, read_standing
from libs.projections.parking import parked_rows
from libs.projections.rebuilding import Compared, Ground, Rebuild, open_ground, rebuilding
from libs.projections.tables import Parked
from libs.vault import Vault
from libs.views import Views
from tests.unit.libs.projections.lab import POSTS, Dump, Lab
from tests.waiting import eventually


async def ground(lab: Lab, views: Views | None = None, vault: Vault | None = None) -> Ground:
    """The toy's, or one whose stores are watched."""
    return await open_ground(lab.toy.projection, lab.log, views or lab.views, vault or lab.vault)


@asynccontextmanager
async def at_work(lab: Lab, views: Views | None = None, vault: Vault | None = None) -> AsyncIterator[Rebuild]:
    """A rebuild under its lease."""
    async with rebuilding(await ground(lab, views, vault), "tester", max_lag=60) as rebuild:
        yield rebuild


async def rebuild(lab: Lab, *, accept: bool = False, owners: bool = False) -> Compared:
    """From begin to swap, by default with nobody who folds meanwhile."""
    async with at_work(lab) as one:
        return await one.build(accept=accept, owners=owners, random=Random(1))


async def standing(lab: Lab) -> Standing:
    return (await read_standing(lab.vault, "toy")).standing


async def parked(lab: Lab) -> list[Parked]:
    """What waits in the generation that serves."""
    one = await ground(lab)
    views = one.at((await standing(lab)).serving)
    return [row for place in one.places async for row in parked_rows(views, "toy", place)]


def dump(lab: Lab, generation: int) -> Dump:
    """Every cell of the toy's tables of one generation under their declared names, stamps included."""
    ending = f"_g{generation}" if generation else ""
    with closing(sqlite3.connect(lab.directory / "views.db")) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name for name in names if name.startswith("toy.")}
        ours = [name for name in tables if (name.endswith(ending) if ending else "_g" not in name)]
        assert ours, f"generation {generation} has no tables"
        return {
            name.removesuffix(ending): sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall()) for name in ours
        }


@asynccontextmanager
async def folded_by(lab: Lab) -> AsyncIterator[Host]:
    """A host of the toy at work; whatever ended it is raised in the end."""
    host = Host(lab.toy.projection, lab.stores, lab.vault, instance="one")
    task = asyncio.create_task(host.run())
    try:
        yield host
    finally:
        host.stop()
        await asyncio.wait_for(task, 20)


async def fold_all(lab: Lab) -> None:
    """Everything that the log holds now, by a process that ends then, at the generation that serves."""
    one = await ground(lab)
    serving = one.at((await standing(lab)).serving)
    async with folded_by(lab):
        await eventually(lambda: _there(one, serving))


async def _there(one: Ground, views: Views) -> bool:
    bounds = await one.log.bounds(one.places)
    reached = await one.marks(views, "reached")
    return all(reached.get(place, 0) >= each.end for place, each in bounds.items())


async def echoes(lab: Lab) -> set[bytes]:
    """The ids of the events that the toy has emitted. Copies count once."""
    return {
        dict(record.headers)["ce_id"]
        for record in await lab.records(POSTS)
        if dict(record.headers)["ce_type"] == b"PostEdited"
    }
