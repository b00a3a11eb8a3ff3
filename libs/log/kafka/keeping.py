"""What topics must be set to so that they keep what they are told: asked of those that somebody else has made."""

from collections.abc import Iterator, Mapping, Sequence

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from libs.log.port import LogError

KEPT: Mapping[str, str] = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    "message.timestamp.type": "LogAppendTime",
}
"""Everything is kept, nothing is compacted, the log sets the time."""


async def check_kept(admin: AIOKafkaAdminClient, topics: Sequence[str]) -> None:
    """Raises LogError naming every topic and setting that differs, and KafkaError where the broker does not tell."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic, dict(KEPT)) for topic in topics]
    wrong = list[str]()
    for response in await admin.describe_configs(asked):
        for code, _, _, topic, entries in response.resources:
            if code:
                raise for_code(code)(f"settings of {topic}")
            wrong += _differences(topic, {entry[0]: entry[1] for entry in entries})
    if wrong:
        raise LogError(f"events would be lost or told at wrong times: {'; '.join(wrong)}: alter these topics first")


def _differences(topic: str, found: Mapping[str, str | None]) -> Iterator[str]:
    for setting, value in KEPT.items():
        if found.get(setting) != value:
            yield f"topic {topic} has {setting}={found.get(setting)}, not {value}"
