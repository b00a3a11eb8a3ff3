"""Which twins a process stands on, by its settings."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec

import libs.log.embedded
import libs.vault.sqlite
import libs.views.sqlite
from libs.log import Log
from libs.vault import Vault
from libs.vault.keys import KeyRing
from libs.views import Views
from qiao.secrets import Secrets, secrets_of
from qiao.settings import Settings


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that keeps state, opened."""

    log: Log
    views: Views
    vault: Vault
    keys: KeyRing
    secrets: Secrets


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncIterator[Stores]:
    """Open the twins that the settings name, and close them in the end, the log first.

    Raises LogInUse, LogUnavailable, ViewsUnavailable, VaultUnavailable, CassandraUnavailable, SettingsInvalid.
    """
    secrets = secrets_of(settings)
    async with AsyncExitStack() as stack:
        if settings.embedded:
            log, views, vault = await _embedded(settings, stack)
        else:
            # Imported where needed: the embedded default must not carry two server clients in memory.
            from qiao.cluster import open_on_servers

            log, views, vault = await open_on_servers(settings, stack)
        yield Stores(log=log, views=views, vault=vault, keys=KeyRing(vault, secrets.master_key), secrets=secrets)


async def _embedded(settings: Settings, stack: AsyncExitStack) -> tuple[Log, Views, Vault]:
    directory = settings.directory
    log = await libs.log.embedded.open_log(directory / "log.db")
    stack.push_async_callback(log.close)
    vault = await libs.vault.sqlite.open_vault(directory / "vault.db")
    stack.push_async_callback(vault.close)
    views = await libs.views.sqlite.open_views(directory / "views.db")
    stack.push_async_callback(views.close)
    return log, views, vault
