"""Creating topics: everything is kept, nothing is compacted, the log sets the time."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from libs.log.kafka.errors import CALL_TIMEOUT, translated
from libs.log.kafka.keeping import KEPT, check_kept
from libs.log.kafka.metadata import Metadata
from libs.log.kafka.settings import KafkaSettings
from libs.log.port import LogError, LogUnavailable, TopicInfo, TopicSpec
from libs.log.sizes import MAX_RECORD

ALREADY_EXISTS = 36
LOOK_EVERY = 0.05
OVERHEAD = 64 << 10
"""Room for what Kafka adds to a record of the largest size."""


async def create(settings: KafkaSettings, metadata: Metadata, specs: Sequence[TopicSpec]) -> None:
    """See the port."""
    existing = await metadata.topics()
    _check(specs, existing)
    missing = [spec for spec in specs if spec.name not in existing]
    there = [spec.name for spec in specs if spec.name in existing]
    with translated("creating topics"):
        async with asyncio.timeout(CALL_TIMEOUT), _admin(settings) as admin:
            if there:
                await check_kept(admin, there)
            if missing:
                await _create(admin, missing)
    if missing:
        _check(specs, await _appeared(metadata, specs))


@asynccontextmanager
async def _admin(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**settings.client_options())
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> None:
    response = await admin.create_topics([_new_topic(spec) for spec in specs])
    for name, code, message in response.topic_errors:
        if code and code != ALREADY_EXISTS:
            kind = LogUnavailable if for_code(code).retriable else LogError
            raise kind(f"topic {name} cannot be created: {message or for_code(code).description}")


def _new_topic(spec: TopicSpec) -> NewTopic:
    return NewTopic(
        spec.name,
        num_partitions=spec.partitions,
        replication_factor=spec.replication,
        topic_configs={
            **KEPT,
            "max.message.bytes": str(MAX_RECORD + OVERHEAD),
            "min.insync.replicas": str(spec.min_insync),
        },
    )


async def _appeared(metadata: Metadata, specs: Sequence[TopicSpec]) -> Mapping[str, TopicInfo]:
    """Brokers learn of a new topic a moment after it was created."""
    wanted = {spec.name for spec in specs}
    for _ in range(round(CALL_TIMEOUT / LOOK_EVERY)):
        topics = await metadata.topics()
        if wanted <= topics.keys():
            return topics
        await asyncio.sleep(LOOK_EVERY)
    raise LogUnavailable(f"topics {sorted(wanted)} were created, but no broker shows them")


def _check(specs: Sequence[TopicSpec], existing: Mapping[str, TopicInfo]) -> None:
    for spec in specs:
        info = existing.get(spec.name)
        if info is not None and info.partitions != spec.partitions:
            raise LogError(
                f"topic {spec.name} has {info.partitions} partitions, not {spec.partitions}: keys must stay put"
            )
