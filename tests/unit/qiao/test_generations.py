"""Generations in the composed system: they are migrated with the declared tables, and stores read what serves."""

from pathlib import Path

from libs.log import Partition
from libs.projections.generations import Building, Standing, change, read_standing, tables_of
from libs.projections.progress import Marks
from qiao import migration
from qiao.services import projections
from qiao.settings import Settings
from qiao.stores import open_stores

PLACE = Partition("posts", 0)


async def test_every_generation_that_stands_is_migrated(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    [feeds] = projections(settings, ["feeds"])
    async with open_stores(settings) as stores:
        await migration.migrate(stores, settings)
        stands = await read_standing(stores.vault, "feeds")
        standing = Standing(serving=2, previous=1, building=Building(generation=3), highest=3)
        await change(stores.vault, "feeds", stands, standing)
        await migration.migrate(stores, settings)
        await stores.store.verify([table for number in (1, 2, 3) for table in tables_of(feeds, number)])


async def test_opened_stores_read_the_progress_of_the_generation_that_serves(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    async with open_stores(settings) as stores:
        await migration.migrate(stores, settings)
        await stores.store.write([Marks("feeds").put(PLACE, "reached", 3, 1)])
        await stores.store.write([Marks("feeds", 1).put(PLACE, "reached", 7, 1)])
        assert await Marks("feeds").read(stores.views, PLACE, "reached") == 3
        stands = await read_standing(stores.vault, "feeds")
        await change(stores.vault, "feeds", stands, Standing(serving=1, previous=0, highest=1))
    async with open_stores(settings) as stores:
        assert await Marks("feeds").read(stores.views, PLACE, "reached") == 7
        assert await Marks("posts").read(stores.views, PLACE, "reached") is None
