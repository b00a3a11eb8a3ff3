"""Which twins a process stands on, by its settings."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path

import msgspec

import libs.log.embedded
import libs.vault.sqlite
import libs.views.sqlite
from libs.log import Log
from libs.projections.generations import ServingViews
from libs.vault import Vault
from libs.vault.keys import KeyRing
from libs.views import Views
from qiao.data import FOLD_AGAIN, RESTORE, usable
from qiao.secrets import Secrets, secrets_of
from qiao.settings import Settings, SettingsInvalid


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that keeps state, opened."""

    log: Log
    views: Views
    """Each projection's tables at the generation that serves, by their declared names."""
    vault: Vault
    keys: KeyRing
    secrets: Secrets

    @property
    def store(self) -> Views:
        """The views with all generations side by side: for who folds a certain one."""
        return self.views.store if isinstance(self.views, ServingViews) else self.views

    @property
    def pin(self) -> Callable[[], AbstractContextManager[None]]:
        """Entered by a request, so that all it reads is of one generation."""
        return self.views.pin if isinstance(self.views, ServingViews) else nullcontext


@asynccontextmanager
async def open_stores(settings: Settings, *, beside: bool = False) -> AsyncIterator[Stores]:
    """Open the twins that the settings name, and close them in the end, the log first.

    `beside` is for tools beside a running platform: the log is then for reading only.
    Raises LogInUse, LogUnavailable, ViewsUnavailable, VaultUnavailable, SettingsInvalid.
    """
    # What serves is asked for every projection, and the services' routes stand on the stores.
    from qiao.services import projections

    secrets = secrets_of(settings)
    async with AsyncExitStack() as stack:
        if settings.embedded:
            log, store, vault = await _embedded(settings, stack, beside=beside)
        else:
            # Imported where needed: the embedded default must not carry two server clients in memory.
            from qiao.cluster import open_on_servers

            log, store, vault = await open_on_servers(settings, stack, beside=beside)
        views = ServingViews(store, vault, projections(settings))
        stack.push_async_callback(views.close)
        yield Stores(log=log, views=views, vault=vault, keys=KeyRing(vault, secrets.master_key), secrets=secrets)


@asynccontextmanager
async def open_log_beside(settings: Settings) -> AsyncIterator[Log]:
    """The log alone, for reading, whoever else writes to it. Raises LogError, SettingsInvalid."""
    if settings.embedded:
        path = _existing(settings)
        with usable(path, RESTORE):
            log: Log = await libs.log.embedded.open_log(path, readonly=True)
    else:
        from qiao.cluster import kafka_log

        log = await kafka_log(settings, readonly=True)
    try:
        yield log
    finally:
        await log.close()


def _existing(settings: Settings) -> Path:
    path = settings.directory / "log.db"
    if not path.exists():
        raise SettingsInvalid(f"QIAO_DATA={settings.data}: no log is there; `qiao up` makes one")
    return path


async def _embedded(settings: Settings, stack: AsyncExitStack, *, beside: bool) -> tuple[Log, Views, Vault]:
    directory = settings.directory
    if not beside:
        # Secrets that are made here bring it into being; those given by settings do not.
        with usable(directory):
            directory.mkdir(parents=True, exist_ok=True)
    path = _existing(settings) if beside else directory / "log.db"
    with usable(path, RESTORE):
        log = await libs.log.embedded.open_log(path, readonly=beside)
    stack.push_async_callback(log.close)
    with usable(directory / "vault.db", RESTORE):
        vault = await libs.vault.sqlite.open_vault(directory / "vault.db")
    stack.push_async_callback(vault.close)
    with usable(directory / "views.db", RESTORE, FOLD_AGAIN):
        views = await libs.views.sqlite.open_views(directory / "views.db")
    stack.push_async_callback(views.close)
    return log, views, vault
