"""`qiao vault`: backups of the vault."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import uvloop

import libs.vault.sqlite
from libs.vault import Vault, backup
from qiao.commands.environment import environment_settings
from qiao.commands.interrupting import interruptible
from qiao.commands.opening import new_passphrase
from qiao.commands.operator import operator
from qiao.commands.progress import counting
from qiao.data import usable
from qiao.secrets import secrets_of
from qiao.settings import Settings, SettingsInvalid
from qiao.trouble import Trouble

_log = logging.getLogger("qiao.vault")

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")


@click.group("vault")
def vault_group() -> None:
    """What must never be in the log: back it up, and restore it."""


@vault_group.command("backup")
@FILE
def backup_command(file: Path) -> None:
    """Write everything that the vault holds into one new file, sealed under a passphrase.

    Credentials, sessions, people's keys (wrapped under the master key as well), handles and leases, epochs. Beside a
    running platform, at any time. The passphrase comes from QIAO_PASSPHRASE or is asked for. The file is whole or not
    there; keep it no longer than what you promised to those who ask to be erased: their keys are in it.

    \b
    qiao vault backup vault-2025-01-14.backup
    """
    settings, passphrase = environment_settings("vault"), new_passphrase("A backup")
    counts = uvloop.run(interruptible(_back_up(settings, file, passphrase)))
    _log.warning("backed up the vault", extra={"operator": operator(), "file": str(file)})
    click.echo(f"{file}: {in_words(counts)}")


async def _back_up(settings: Settings, file: Path, passphrase: str) -> Mapping[str, int]:
    async with _opened(settings, existing=True) as vault:
        with counting("Backing up the vault") as told, _on_disk(file):
            return await backup.back_up(vault, file, passphrase, told)


@vault_group.command("restore")
@FILE
@click.option("--over", is_flag=True, help="Into a vault in use: what the backup has replaces what is there.")
@click.option("--without", "without", multiple=True, metavar="KIND", help="Leave out records of this kind.")
def restore_command(file: Path, over: bool, without: Sequence[str]) -> None:
    """Write what a backup holds into an empty vault, before anything uses it.

    Run it before `qiao migrate`, with the QIAO_MASTER_KEY of that time, while nothing else runs. Cut off, it goes on
    when it is run again, and nothing starts before it is done. Claims are whose they were, leases end when they would
    have, nothing comes back whose time is over. What was deleted since does come back. `--without session` makes
    everyone sign in again: no refresh token that was spent since is good once more.

    \b
    qiao vault restore vault-2025-01-14.backup
    qiao vault restore vault-2025-01-14.backup --without session
    """
    settings, passphrase = environment_settings("vault"), new_passphrase("A backup", once=True)
    restored = uvloop.run(interruptible(_restore(settings, file, passphrase, over, without)))
    _log.warning("restored the vault", extra={"operator": operator(), "file": str(file)})
    made = datetime.fromtimestamp(restored.made_at / 1000, UTC)
    click.echo(f"The vault is as it was at {made:%Y-%m-%d %H:%M:%S} UTC: {in_words(restored.written)}")
    if restored.left:
        click.echo(f"There already, over, or left out: {in_words(restored.left)}")


async def _restore(
    settings: Settings, file: Path, passphrase: str, over: bool, without: Sequence[str]
) -> backup.Restored:
    master_key = secrets_of(settings).master_key
    async with _opened(settings, existing=False) as vault:
        with counting("Restoring the vault") as told, _on_disk(file):
            return await backup.restore(vault, file, passphrase, master_key, over=over, without=without, told=told)


@asynccontextmanager
async def _opened(settings: Settings, *, existing: bool) -> AsyncIterator[Vault]:
    """The vault alone: log and views may be gone."""
    async with AsyncExitStack() as stack:
        if not settings.embedded:
            # Imported where needed: the embedded default must not carry two server clients in memory.
            from qiao.cluster import open_vault

            yield await open_vault(settings, stack)
            return
        path = settings.directory / "vault.db"
        await asyncio.to_thread(_prepare, path, existing)
        with usable(path):
            vault = await libs.vault.sqlite.open_vault(path)
        stack.push_async_callback(vault.close)
        yield vault


def _prepare(path: Path, existing: bool) -> None:
    if existing and not path.exists():
        raise SettingsInvalid(f"QIAO_DATA={path.parent}: no vault is there; `qiao up` makes one")
    with usable(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def _on_disk(file: Path) -> Iterator[None]:
    """What the file or its disk has against it is told in one line. Raises click.ClickException."""
    try:
        yield
    except OSError as error:
        raise Trouble(f"{file}: {error.strerror or error}") from error


def in_words(counts: Mapping[str, int]) -> str:
    """For people: how many records of each kind."""
    total = sum(counts.values())
    named = ", ".join(f"{kind} {count:,}" for kind, count in sorted(counts.items()))
    return f"{total:,} records{f' ({named})' if named else ''}"
