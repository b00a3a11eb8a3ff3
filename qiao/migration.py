"""`qiao migrate`: topics, tables and the vault as this version declares them. Safe to run again, and twice at once."""

from collections.abc import Sequence

from libs.events import all_specs
from libs.log import TopicSpec
from libs.projections import SYSTEM_TABLES
from libs.vault.epochs import raise_epoch, register
from qiao.services import projections
from qiao.settings import Settings
from qiao.stores import Stores


async def migrate(stores: Stores, settings: Settings, *, new_epochs: Sequence[str] = ()) -> None:
    """Create what is missing. `new_epochs` names topics that were made again on purpose.

    Raises LogError, SchemaRefused, TopicChanged, and what the stores raise.
    """
    await stores.vault.migrate()
    tables = [table for projection in projections(settings) for table in projection.tables]
    await stores.views.migrate([*SYSTEM_TABLES, *tables])
    await stores.log.create(topic_specs(settings))
    for name, info in (await stores.log.topics()).items():
        if name in new_epochs:
            await raise_epoch(stores.vault, name, info.id)
        elif name in _topics():
            await register(stores.vault, name, info.id)


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
