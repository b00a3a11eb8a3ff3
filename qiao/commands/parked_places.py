"""What the `qiao parked` commands have in common: the arguments that name an event, and the stores."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from libs.log import Place
from qiao.parking.asking import NotAnswered
from qiao.parking.lot import NothingParked
from qiao.places import PlaceInvalid, parse_place
from qiao.services import SERVICES
from qiao.settings import Settings, load
from qiao.stores import Stores, open_stores
from qiao.trouble import Trouble

T = TypeVar("T")


class PlaceType(click.ParamType[Place]):
    """A place in the log on the command line."""

    name = "place"

    def convert(self, value: str | Place, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """See click."""
        if isinstance(value, Place):
            return value
        try:
            return parse_place(value)
        except PlaceInvalid as error:
            self.fail(str(error), param, ctx)


PROJECTION = click.argument("projection", type=click.Choice(list(SERVICES)), metavar="PROJECTION")
PLACE = click.argument("place", type=PlaceType(), metavar="PLACE")


def with_stores(act: Callable[[Stores], Awaitable[T]], settings: Settings | None = None) -> T:
    """Do it with the stores opened beside a running platform. What can be mended leaves as ClickException."""

    async def run() -> T:
        async with open_stores(settings or load(os.environ), beside=True) as stores:
            return await act(stores)

    try:
        return asyncio.run(run())
    except (KeyError, IndexError):
        raise  # a slip in here, which says nothing to anybody
    except (NothingParked, NotAnswered, LookupError) as error:
        raise Trouble(str(error)) from error
