"""`qiao migrate`: topics, tables and the vault as this version declares them. Safe to run again, and twice at once."""

from collections.abc import Sequence
from typing import Any

from libs.events import all_specs
from libs.log import TopicSpec
from libs.projections import SYSTEM_TABLES
from libs.projections.generations import read_standing, tables_of
from libs.vault.backup import check_whole
from libs.vault.epochs import raise_epoch, register
from libs.views import Table
from qiao.patience import Patience
from qiao.services import projections
from qiao.settings import Settings, SettingsInvalid
from qiao.stores import Stores


async def migrate(stores: Stores, settings: Settings, *, new_epochs: Sequence[str] = ()) -> Sequence[str]:
    """Create what is missing. `new_epochs` names topics that were made again on purpose.

    Gives the names of the tables that a later version has widened: they stay as they are, and this version can work.

    Raises LogError, RestoreUnfinished, SchemaRefused, TopicChanged, and what the stores raise.
    """
    unknown = sorted(set(new_epochs) - _topics())
    if unknown:
        raise SettingsInvalid(f"--new-epoch {unknown[0]}: no such topic, there are {', '.join(sorted(_topics()))}")
    await stores.vault.migrate()
    await check_whole(stores.vault)
    await stores.keys.check()
    newer = await stores.views.migrate([*tables(settings), *await _generations(stores, settings)])
    await stores.log.create(topic_specs(settings))
    for name, info in (await stores.log.topics()).items():
        if name in new_epochs:
            await raise_epoch(stores.vault, name, info.id)
        elif name in _topics():
            await register(stores.vault, name, info.id)
    return newer


async def awaited(stores: Stores, settings: Settings, names: Sequence[str] = ()) -> None:
    """Return once all that these services fold into is there: they may start before `qiao migrate` is done.

    Raises SchemaOutdated after `start_timeout` seconds, SchemaRefused and WrongMasterKey at once.
    """
    patience = Patience(settings.start_timeout)
    await patience.reach("What `qiao migrate` makes", lambda: verify(stores, settings, names))


async def verify(stores: Stores, settings: Settings, names: Sequence[str] = ()) -> None:
    """What a process asks first that works with the tables of these services, of all where none is named.

    Raises SchemaOutdated, SchemaRefused, RestoreUnfinished, WrongMasterKey, ViewsUnavailable, VaultUnavailable.
    """
    await stores.views.verify(tables(settings, names))
    await check_whole(stores.vault)
    await stores.keys.check()


def tables(settings: Settings, names: Sequence[str] = ()) -> list[Table[Any]]:
    """The host's own tables and those of these services, of all where none is named."""
    return [*SYSTEM_TABLES, *(table for projection in projections(settings, names) for table in projection.tables)]


async def _generations(stores: Stores, settings: Settings) -> list[Table[Any]]:
    """The tables of every generation that stands beside the declared ones: they change with these."""
    found: list[Table[Any]] = []
    for projection in projections(settings):
        standing = (await read_standing(stores.vault, projection.name)).standing
        numbers = [number for number in standing.generations if number]
        found += [table for number in numbers for table in tables_of(projection, number)]
    return found


def topic_specs(settings: Settings) -> list[TopicSpec]:
    """Every topic that an event type names."""
    return [
        TopicSpec(
            name, partitions=settings.partitions, replication=settings.replication, min_insync=settings.min_insync
        )
        for name in sorted(_topics())
    ]


def _topics() -> set[str]:
    return {spec.topic for spec in all_specs()}
