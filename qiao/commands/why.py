"""`qiao why`."""

import os
import sys
from uuid import UUID

import click
import uvloop
from rich.console import Console

from qiao.commands.piping import piped
from qiao.commands.printing import json_text
from qiao.journeys.explaining import AccountUnknown, Explainer, Explanation, as_text
from qiao.services import frontier_of
from qiao.settings import Settings, load
from qiao.stores import open_stores
from services.feeds.queries.facts import FactReader


@click.command("why")
@click.argument("post", type=click.UUID, metavar="POST")
@click.option("--for", "who", required=True, metavar="ACCOUNT", help="Whose home: a handle or an account's id.")
@click.option("--json", is_flag=True, help="Print JSON.")
def why_command(post: UUID, who: str, json: bool) -> None:
    """Say why a post is, or is not, in somebody's home: each rule in turn, with the events that decided it.

    It tells all, who blocks whom too: it is for operators. People ask GET /v1/posts/{id}/why, which tells them only
    what concerns themselves.

    \b
    qiao why 0194a6c2-8f3e-7c41-9b1a-5d2f6e7a8b90 --for mei
    qiao why 0194a6c2-8f3e-7c41-9b1a-5d2f6e7a8b90 --for @lin --json
    """
    try:
        explanation = uvloop.run(_why(load(os.environ), post, who))
    except AccountUnknown as error:
        raise click.BadParameter(str(error), param_hint="--for") from error
    with piped():
        if json:
            click.echo(json_text(explanation))
        else:
            width = None if sys.stdout.isatty() else 1_000
            Console(width=width, highlight=False).print(as_text(explanation), end="")


async def _why(settings: Settings, post: UUID, who: str) -> Explanation:
    async with open_stores(settings, beside=True) as stores:
        facts = FactReader(stores.views, frontier_of("feeds", stores))
        return await Explainer(stores.log, stores.views, facts).of(post, who)
