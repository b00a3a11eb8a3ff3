"""`qiao migrate`."""

import asyncio
from collections.abc import Sequence

import click

from qiao import migration
from qiao.commands.environment import environment_settings
from qiao.settings import Settings
from qiao.stores import open_stores


@click.command("migrate")
@click.option(
    "--new-epoch",
    "new_epochs",
    multiple=True,
    metavar="TOPIC",
    help="This topic was made again or restored on purpose: raise its epoch. May be given several times.",
)
def migrate_command(new_epochs: tuple[str, ...]) -> None:
    """Create topics, keyspace and tables, and bring them up to this version.

    Safe to run again, and twice at once. It refuses what would make stored data unreadable. Where a later version was
    here and this one can work with its tables, as when rolling back, it leaves them and says so.

    \b
    qiao migrate
    QIAO_LOG=kafka://127.0.0.1:9092 QIAO_VIEWS=cassandra://127.0.0.1/qiao qiao migrate
    """
    settings = environment_settings("migrate")
    if newer := asyncio.run(_migrate(settings, new_epochs)):
        click.echo(f"The store is newer than this version, nothing to do for {', '.join(newer)}.")
    click.echo("Topics, tables and vault are up to date.")


async def _migrate(settings: Settings, new_epochs: tuple[str, ...]) -> Sequence[str]:
    async with open_stores(settings) as stores:
        return await migration.migrate(stores, settings, new_epochs=new_epochs)
