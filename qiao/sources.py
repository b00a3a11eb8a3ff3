"""Where tools read events from: a slice, a data folder or its log.db, a Kafka log, or what the settings name.

Every log is opened for reading only, without a producer; a vault beside it is opened as it is, and only asked. Who asks
to open what people wrote needs the keys: those of the vault under the master key, or those that a slice carries under
its passphrase.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

import libs.log.embedded
import libs.vault.sqlite
from libs.events import Keys, SealingKey
from libs.events.standins import StandInKey
from libs.log import Bounds, Log, Partition, TopicInfo
from libs.log.slices import Manifest, is_slice, open_keys, open_slice
from libs.vault import Vault
from libs.vault.epochs import FIRST_EPOCH, recorded_epoch
from libs.vault.keys import KeyRing
from qiao.secrets import secrets_of
from qiao.settings import Settings, SettingsInvalid

LIVE = "live"


class NoKeys:
    """The `Keys` of who has none: what people wrote shows as stand-ins (libs/events/standins.py)."""

    async def key_for(self, account: UUID) -> SealingKey | None:
        """One that opens tokens as their stand-ins."""
        return StandInKey(account)

    async def keys_for(self, accounts: Iterable[UUID]) -> Mapping[UUID, SealingKey]:
        """Such a key for each."""
        return {account: StandInKey(account) for account in accounts}


class Source(NamedTuple):
    """A log opened for reading, as it was at that moment."""

    name: str
    """For people and manifests: a path, or the address without secrets."""
    log: Log
    bounds: Mapping[Partition, Bounds]
    """What there was of each partition when it was opened."""
    epochs: Mapping[str, int]
    """By topic."""
    keys: Keys
    manifest: Manifest | None = None
    """Of a slice."""
    identity: str = ""
    """Changes when a topic is made again, or its epoch is raised."""


@asynccontextmanager
async def open_source(
    text: str, settings: Settings, *, with_keys: bool = False, passphrase: str | None = None
) -> AsyncIterator[Source]:
    """Open what `text` names: 'live', a path, or kafka://host:port.

    `with_keys` is who holds the master key, or the `passphrase` of a slice, and wants to read what people wrote.
    Raises SettingsInvalid for what is not there, LogError, VaultUnavailable, WrongMasterKey, WrongPassphrase.
    """
    async with AsyncExitStack() as stack:
        if text == LIVE and settings.embedded:
            yield await _folder(settings.directory, settings, stack, with_keys)
        elif text == LIVE:
            yield await _cluster(settings, stack, with_keys)
        elif text.startswith("kafka://"):
            yield await _bare_kafka(text, settings, stack)
        else:
            yield await _path(Path(text), settings, stack, with_keys, passphrase)


async def _path(
    path: Path, settings: Settings, stack: AsyncExitStack, with_keys: bool, passphrase: str | None
) -> Source:
    kind = _kind(path)
    if kind == "folder":
        return await _folder(path, settings, stack, with_keys)
    if kind == "data":
        return await _folder(path.parent, settings, stack, with_keys)
    if kind == "log":
        log = await libs.log.embedded.open_log(path, readonly=True)
        stack.push_async_callback(log.close)
        return await _source(str(path), log, None, NoKeys())
    keys: Keys = await open_keys(path, passphrase) if with_keys and passphrase is not None else NoKeys()
    opened, manifest = await open_slice(path)
    stack.push_async_callback(opened.close)
    return Source(str(path), opened, await bounds_of(opened), manifest.epochs, keys, manifest)


def _kind(path: Path) -> Literal["folder", "data", "log", "slice"]:
    """Raises SettingsInvalid where nothing is."""
    if path.is_dir():
        return "folder"
    if not path.exists():
        raise SettingsInvalid(f"{path}: there is no such slice, log or data folder")
    if (path.parent / "vault.db").exists() and path.name == "log.db":
        return "data"
    return "slice" if is_slice(path) else "log"


async def _folder(directory: Path, settings: Settings, stack: AsyncExitStack, with_keys: bool) -> Source:
    path = directory / "log.db"
    if not path.exists():
        raise SettingsInvalid(f"{directory}: no log is there; `qiao up` makes one in QIAO_DATA")
    log = await libs.log.embedded.open_log(path, readonly=True)
    stack.push_async_callback(log.close)
    if not (directory / "vault.db").exists():
        # To open it would be to make it, and here nothing is written.
        return await _source(str(path), log, None, NoKeys())
    vault = await libs.vault.sqlite.open_vault(directory / "vault.db")
    stack.push_async_callback(vault.close)
    here = msgspec.structs.replace(settings, data=str(directory))
    return await _source(str(path), log, vault, _keys(here, vault, with_keys))


async def _cluster(settings: Settings, stack: AsyncExitStack, with_keys: bool) -> Source:
    # Imported where needed: the embedded default must not carry two server clients in memory.
    from qiao.cluster import kafka_log, open_vault

    log = await kafka_log(settings, readonly=True)
    stack.push_async_callback(log.close)
    vault = await open_vault(settings, stack)
    return await _source(settings.log, log, vault, _keys(settings, vault, with_keys))


async def _bare_kafka(url: str, settings: Settings, stack: AsyncExitStack) -> Source:
    """Without a vault nobody says what the epochs are: they are taken for the first."""
    from qiao.cluster import kafka_log

    log = await kafka_log(msgspec.structs.replace(settings, log=url), readonly=True)
    stack.push_async_callback(log.close)
    return await _source(url, log, None, NoKeys())


def _keys(settings: Settings, vault: Vault, with_keys: bool) -> Keys:
    return KeyRing(vault, secrets_of(settings).master_key) if with_keys else NoKeys()


async def _source(name: str, log: Log, vault: Vault | None, keys: Keys) -> Source:
    topics = await log.topics()
    epochs = await epochs_of(topics, vault)
    return Source(name, log, await bounds_of(log), epochs, keys, identity=identity_of(topics, epochs))


async def epochs_of(topics: Iterable[str], vault: Vault | None) -> Mapping[str, int]:
    """The epoch of each topic, the first where nobody says otherwise. Raises VaultUnavailable."""
    return {topic: (await recorded_epoch(vault, topic) if vault else None) or FIRST_EPOCH for topic in topics}


def identity_of(topics: Mapping[str, TopicInfo], epochs: Mapping[str, int]) -> str:
    """What tells a log from any other: see `Source.identity`."""
    told = " ".join(f"{topic}={info.id}/{epochs[topic]}" for topic, info in sorted(topics.items()))
    return sha256(told.encode()).hexdigest()


async def bounds_of(log: Log) -> Mapping[Partition, Bounds]:
    """The readable part of every partition of every topic now. Raises LogUnavailable."""
    topics = await log.topics()
    return await log.bounds(
        Partition(name, number) for name, info in topics.items() for number in range(info.partitions)
    )
