"""`qiao events grep`."""

from collections.abc import Sequence
from uuid import UUID

import click
import uvloop

from qiao.commands.interrupting import interruptible
from qiao.commands.looking import JSON, OPEN, SOURCE, Filters, filters, looking
from qiao.commands.piping import piped
from qiao.commands.progress import counting
from qiao.looking import search
from qiao.times import TIME


@click.command("grep")
@SOURCE
@filters
@click.option("--to", "until", type=TIME, metavar="TIME", help="Appended before then.")
@click.option("--count", type=click.IntRange(1), help="End after so many.")
@OPEN
@JSON
def grep_command(
    source: str,
    topics: Sequence[str],
    types: Sequence[str],
    keys: Sequence[str],
    actors: Sequence[str],
    correlations: Sequence[UUID],
    since: int | None,
    until: int | None,
    text: str,
    count: int | None,
    opening: bool,
    json: bool,
) -> None:
    """Show the events of the past that are meant, the oldest first. The exit status is 1 if there are none.

    Times are the log's own. Several of one option add up, different options narrow each other; --topic, --type, --key
    and times also narrow what is read. What people wrote stays sealed, unless --open is given.

    \b
    qiao events grep --type PostCreated --actor @mei
    qiao events grep --from -2d --to now --topic relationships --json
    qiao events grep --open --text 猫税 --count 3
    """
    wished = Filters(
        topics=tuple(topics),
        types=tuple(types),
        keys=tuple(keys),
        actors=tuple(actors),
        correlations=tuple(correlations),
        since=since,
        until=until,
        text=text,
    )
    found = 1  # enough for who closed the pipe
    with piped():
        found = uvloop.run(interruptible(_grep(source, wished, count, opening=opening, json=json)))
    if not found:
        raise click.exceptions.Exit(1)


async def _grep(source: str, wished: Filters, count: int | None, *, opening: bool, json: bool) -> int:
    """How many were shown."""
    shown = 0
    async with looking(source, opening=opening, json=json, dated=True, text=wished.text) as (opened, pipeline, show):
        wanted = await wished.wanted(opened)
        with counting("looking through the log") as tell:
            async for records in search(opened.log, opened.bounds, wanted, tell):
                lines = (await pipeline.lines(records))[: None if count is None else count - shown]
                show(lines, await pipeline.names(lines))
                shown += len(lines)
                if shown == count:
                    break
    return shown
