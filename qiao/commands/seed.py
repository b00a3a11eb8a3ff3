"""`qiao seed`."""

import click
import uvloop
from rich.console import Console
from rich.progress import Progress

from qiao.commands.target import gateway_at
from qiao.load import Gateway
from qiao.world.seeding import Seeded, seed, steps
from qiao.world.welcome import SIGN_IN


@click.command("seed")
@click.option("--url", metavar="URL", help="The gateway; the one that QIAO_LISTEN names unless given.")
def seed_command(url: str | None) -> None:
    """Make a small sample world through a running gateway: people of both languages, posts, follows, likes.

    Run again it makes only what is missing. `qiao up` does it by itself in a new directory.

    \b
    qiao seed
    qiao seed --url http://127.0.0.1:8080
    """
    gateway = gateway_at(url)
    seeded = uvloop.run(_seed(gateway))
    new = f"{seeded.new_posts} of them new" if seeded.new_posts else "all of them there before"
    click.echo(f"{seeded.people} people and {seeded.posts} posts are at {gateway.url}, {new}.")
    click.echo(f"{SIGN_IN} (all of them have that one).")


async def _seed(gateway: Gateway) -> Seeded:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Making the sample world", total=steps())
        return await seed(gateway, lambda: progress.advance(task))
