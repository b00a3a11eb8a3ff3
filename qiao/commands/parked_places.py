"""What the `qiao parked` commands have in common: the arguments that name an event, and the stores."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from qiao.parking.asking import NotAnswered
from qiao.parking.lot import NothingParked, PlaceInvalid, Spot
from qiao.services import SERVICES
from qiao.settings import load
from qiao.stores import Stores, open_stores

T = TypeVar("T")


class SpotType(click.ParamType[Spot]):
    """A place in the log on the command line."""

    name = "place"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Spot:
        """See click."""
        try:
            return Spot.parse(value)
        except PlaceInvalid as error:
            self.fail(str(error), param, ctx)


PROJECTION = click.argument("projection", type=click.Choice(list(SERVICES)), metavar="PROJECTION")
PLACE = click.argument("place", type=SpotType(), metavar="PLACE")


def with_stores(act: Callable[[Stores], Awaitable[T]]) -> T:
    """Do it with the stores opened beside a running platform. What can be mended leaves as ClickException."""

    async def run() -> T:
        async with open_stores(load(os.environ), beside=True) as stores:
            return await act(stores)

    try:
        return asyncio.run(run())
    except (NothingParked, NotAnswered, LookupError) as error:
        raise click.ClickException(str(error)) from error
