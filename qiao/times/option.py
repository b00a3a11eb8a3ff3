"""A time as an option or an argument."""

from datetime import UTC, datetime

import click

from qiao.times.parsing import parse_time
from qiao.times.scanning import TimeInvalid


class TimeType(click.ParamType[int]):
    """Gives the command milliseconds since 1970 UTC."""

    name = "time"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See click."""
        if isinstance(value, int):
            return value
        try:
            return parse_time(value.strip(), datetime.now(UTC))
        except TimeInvalid as error:
            self.fail(str(error), param, ctx)


TIME = TimeType()
