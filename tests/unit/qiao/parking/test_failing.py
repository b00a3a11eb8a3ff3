"""What fails under a command about parked events: told in a line where a person can do something about it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import click
import pytest

from qiao import migration
from qiao.commands.parked_places import with_stores
from qiao.settings import Settings
from qiao.stores import Stores, open_stores


async def _migrated(settings: Settings) -> None:
    async with open_stores(settings) as stores:
        await migration.migrate(stores, settings)


def _raises(error: Exception) -> Callable[[Stores], Awaitable[NoReturn]]:
    async def act(_: Stores) -> NoReturn:
        raise error

    return act


@pytest.mark.parametrize(
    ("raised", "told"),
    [(LookupError("nothing stands at posts[0]@7"), click.ClickException), (KeyError("x"), KeyError)],
    ids=["what is not there", "a slip of ours"],
)
def test_a_slip_of_ours_is_not_told_as_if_it_were_the_persons(
    tmp_path: Path, raised: Exception, told: type[Exception]
) -> None:
    settings = Settings(data=str(tmp_path))
    asyncio.run(_migrated(settings))
    with pytest.raises(told):
        with_stores(_raises(raised), settings)
