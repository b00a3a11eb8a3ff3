"""`qiao events show`."""

from uuid import UUID

import click
import uvloop

from libs.log import Place, Record
from qiao.commands.interrupting import interruptible
from qiao.commands.looking import JSON, OPEN, SOURCE, looking
from qiao.commands.piping import piped
from qiao.commands.progress import counting
from qiao.looking import NoSuchEvent, find_event, find_place
from qiao.places import PlaceInvalid, parse_place
from qiao.sources import Source
from qiao.tailing.lines import as_details, as_json
from qiao.trouble import NothingFound


class EventType(click.ParamType[UUID | Place]):
    """An event's id, or its place."""

    name = "event"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> UUID | Place:
        """See click."""
        try:
            return UUID(value)
        except ValueError:
            pass
        try:
            return parse_place(value)
        except PlaceInvalid:
            self.fail(f"{value!r} is neither the id of an event nor a place: 'posts[3]@17'", param, ctx)


@click.command("show", short_help="Show all that is known of one event.")
@click.argument("event", type=EventType(), metavar="ID|PLACE")
@SOURCE
@OPEN
@JSON
def show_command(event: UUID | Place, source: str, opening: bool, json: bool) -> None:
    """Show one event with all that is known of it: its envelope, when it was appended, and its data.

    An id tells when it was made, so the log is looked at near that time first; the whole of it is gone through only
    for an id that it does not have. PLACE is 'posts[3]@17', quoted for the shell. What people wrote is
    sealed, and shows as stand-ins as long as the texts, unless --open is given. The exit status is 1 where there is no
    such event.

    \b
    qiao events show 'posts[0]@0'
    qiao events show 'posts[0]@0' --open --json
    """
    with piped():
        try:
            uvloop.run(interruptible(_show(event, source, opening=opening, json=json)))
        except NoSuchEvent as error:
            raise NothingFound(str(error)) from error


async def _show(event: UUID | Place, source: str, *, opening: bool, json: bool) -> None:
    async with looking(source, opening=opening, json=json, dated=True) as (opened, pipeline, _):
        [line] = await pipeline.lines([await _found(opened, event)])
        click.echo(as_json(line) if json else as_details(line, await pipeline.names([line])))


async def _found(source: Source, event: UUID | Place) -> Record:
    if isinstance(event, Place):
        return await find_place(source.log, source.bounds, event)
    total = sum(each.end - each.start for each in source.bounds.values())
    with counting("looking for the event", total) as tell:
        return await find_event(source.log, source.bounds, event, tell)
