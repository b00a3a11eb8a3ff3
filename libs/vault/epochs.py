"""The epoch of each topic, which leads every write stamp: it rises when a topic is made again or restored.

A topic that was made again starts at offset 0: without a new epoch all its events would write in vain, and a consumer
at its old place would be moved silently. So what a topic's id and epoch are is on record, and who finds another id
does not start.
"""

import msgspec

from libs.vault.port import Vault

KIND = "topic-epoch"

FIRST_EPOCH = 1


class TopicUnknown(Exception):
    """No epoch is on record for a topic: `qiao migrate` records it."""


class TopicChanged(Exception):
    """The log's topic is not the one on record: it was made again, or this is another log."""

    def __init__(self, topic: str, recorded: str, found: str) -> None:
        """Both ids as the log gives them."""
        super().__init__(
            f"topic {topic} has the id {found}, on record is {recorded}: the topic was made again, or this is another "
            "log than the one these views were folded from. If it was made again on purpose, raise its epoch"
        )


class _Record(msgspec.Struct, frozen=True):
    id: str
    epoch: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Record).decode


async def register(vault: Vault, topic: str, topic_id: str) -> int:
    """Record a topic, unless it is on record; its epoch. Raises TopicChanged, VaultUnavailable."""
    await vault.compare_and_set(KIND, topic, None, _encode(_Record(topic_id, FIRST_EPOCH)))
    return await epoch_of(vault, topic, topic_id)


async def epoch_of(vault: Vault, topic: str, topic_id: str) -> int:
    """The epoch of the topic with this id. Raises TopicUnknown, TopicChanged, VaultUnavailable."""
    item = await vault.get(KIND, topic)
    if item is None:
        raise TopicUnknown(f"topic {topic} has no epoch on record: run `qiao migrate`")
    record = _decode(item.value)
    if record.id != topic_id:
        raise TopicChanged(topic, record.id, topic_id)
    return record.epoch


async def recorded_epoch(vault: Vault, topic: str) -> int | None:
    """The epoch of the topic, whatever its id; None before `qiao migrate`. Raises VaultUnavailable."""
    item = await vault.get(KIND, topic)
    return _decode(item.value).epoch if item else None


async def raise_epoch(vault: Vault, topic: str, topic_id: str) -> int:
    """An operator's word that the topic was made again or restored, with this id: the new epoch.

    Raises VaultUnavailable; an epoch that was raised twice does no harm.
    """
    while True:
        item = await vault.get(KIND, topic)
        record = _Record(topic_id, _decode(item.value).epoch + 1 if item else FIRST_EPOCH)
        if await vault.compare_and_set(KIND, topic, item.version if item else None, _encode(record)):
            return record.epoch


async def raise_above(vault: Vault, topic: str, topic_id: str, above: int) -> int:
    """The epoch of a topic with this id that was restored from a log where its epoch was `above`.

    It is higher than that one and, for another topic than the one on record, than that one's. Asked again it is the
    same. Raises VaultUnavailable.
    """
    while True:
        item = await vault.get(KIND, topic)
        record = _decode(item.value) if item else _Record("", 0)
        if record.id == topic_id and record.epoch > above:
            return record.epoch
        raised = _Record(topic_id, max(record.epoch, above) + 1)
        if await vault.compare_and_set(KIND, topic, item.version if item else None, _encode(raised)):
            return raised.epoch
