"""`qiao restore`: a captured log into an empty one."""

from pathlib import Path

import click
import msgspec
import uvloop

from libs.log.slices import open_slice
from qiao.commands.environment import environment_settings
from qiao.commands.interrupting import interruptible
from qiao.commands.piping import piped
from qiao.commands.progress import counting
from qiao.restoring import Restored, restore
from qiao.settings import Settings
from qiao.sources import LIVE
from qiao.stores import open_stores


@click.command("restore")
@click.argument("slice_", type=click.Path(path_type=Path, dir_okay=False), metavar="SLICE.qiao")
@click.option("--into", required=True, metavar="live|FOLDER", help="The log that the settings name, or a data folder.")
@click.option("--part", is_flag=True, help="A slice without all events of its time, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def restore_command(slice_: Path, into: str, part: bool, as_json: bool) -> None:
    """Write a captured log into an empty one, under a new epoch.

    For when the log itself is lost. Events keep their ids, their order within a partition and, where the slice has all
    events of its time, their offsets; their times are those of the restore. Slices that follow each other are restored
    one after the other, oldest first. Cut off, it goes on when it is run again; a log that has something else is
    refused. Restore the vault first, if it is lost too, and stop every gateway and worker until `qiao migrate` has run.

    \b
    qiao restore everything.qiao --into live
    qiao restore mei.qiao --into ./mei-data --part
    """
    settings = _target(environment_settings("restore"), into)
    restored = uvloop.run(interruptible(_restore(settings, slice_, part)))
    with piped():
        click.echo(msgspec.json.encode(restored) if as_json else in_words(slice_, restored))


def _target(settings: Settings, into: str) -> Settings:
    return settings if into == LIVE else msgspec.structs.replace(settings, data=into, log="embedded", views="embedded")


async def _restore(settings: Settings, path: Path, part: bool) -> Restored:
    source = await open_slice(path)
    try:
        async with open_stores(settings) as stores:
            with counting("Restoring the log", source.manifest.count) as told:
                return await restore(source, stores.log, stores.vault, settings, part=part, told=told)
    finally:
        await source.log.close()


def in_words(path: Path, restored: Restored) -> str:
    """For people: what was written, and what comes next."""
    held = f", {restored.held:,} were there already" if restored.held else ""
    epochs = ", ".join(f"{topic} {epoch}" for topic, epoch in sorted(restored.epochs.items()))
    return "\n".join(
        (
            f"{path}: {restored.written:,} events restored{held}",
            f"epochs: {epochs}",
            "next: qiao migrate; tables that are there already need qiao rebuild",
        )
    )
