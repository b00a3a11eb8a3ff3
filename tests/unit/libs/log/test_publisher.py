"""From a decided event to a record that can be read: envelope, seal, place, trace."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from libs.events import Decoded, EventInvalid, Opener, PostCreated, PostLiked, decode
from libs.log import Partition, Published, Publisher, Record, TopicSpec
from libs.log.embedded import EmbeddedLog, open_log
from libs.telemetry import current, spans
from libs.vault.keys import KeyRing
from libs.vault.sqlite import open_vault

NOW = datetime(2025, 1, 14, 3, 0, tzinfo=UTC)
ROSA, POST, EVENT = (UUID(f"019461d4-6e40-7000-8000-00000000000{n}") for n in (1, 2, 3))
LIKED = PostLiked(account=ROSA, post=POST)
CREATED = PostCreated(post=POST, author=ROSA, text="Cat tax paid! 猫税已交 😺", lang="en")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[EmbeddedLog]:
    opened = await open_log(tmp_path / "log.db")
    await opened.create([TopicSpec("posts", 1), TopicSpec("reactions", 1)])
    yield opened
    await opened.close()


@pytest.fixture
async def keys(tmp_path: Path) -> AsyncIterator[KeyRing]:
    vault = await open_vault(tmp_path / "vault.db")
    await vault.migrate()
    yield KeyRing(vault, bytes(range(32)))
    await vault.close()


@pytest.fixture
def publisher(log: EmbeddedLog, keys: KeyRing) -> Publisher:
    return Publisher(log, keys, "/test", clock=lambda: NOW)


async def written(log: EmbeddedLog, published: Published) -> Record:
    """The record at the place that was answered."""
    topic, partition, offset = published.place
    reader = await log.reader({Partition(topic, partition): offset})
    [record] = (await reader.poll(1, 5.0))[Partition(topic, partition)]
    await reader.close()
    return record


async def test_an_event_is_written_under_its_key_with_the_envelope_that_is_answered(
    log: EmbeddedLog, publisher: Publisher
) -> None:
    published = await publisher.publish(LIKED, actor=ROSA)
    record = await written(log, published)
    assert record.key == str(ROSA).encode()
    assert decode(record.headers, record.value) == Decoded(published.envelope, LIKED)
    assert (published.envelope.source, published.envelope.actor, published.envelope.time) == ("/test", ROSA, NOW)


async def test_what_is_personal_is_sealed_with_the_key_of_who_wrote_it(
    log: EmbeddedLog, publisher: Publisher, keys: KeyRing
) -> None:
    await keys.create(ROSA)
    record = await written(log, await publisher.publish(CREATED, actor=ROSA))
    assert "猫税".encode() not in record.value
    decoded = decode(record.headers, record.value)
    assert isinstance(decoded, Decoded)
    assert isinstance(decoded.event, PostCreated)
    assert await Opener(keys).open_many([decoded.event.text]) == [CREATED.text]


async def test_an_event_of_an_erased_account_is_refused_and_not_written(
    log: EmbeddedLog, publisher: Publisher, keys: KeyRing
) -> None:
    await keys.create(ROSA)
    await keys.destroy(ROSA)
    with pytest.raises(EventInvalid):
        await publisher.publish(CREATED, actor=ROSA)
    assert (await log.bounds([Partition("posts", 0)]))[Partition("posts", 0)].end == 0


async def test_the_same_event_published_again_under_its_id_is_the_same_byte_by_byte(
    log: EmbeddedLog, publisher: Publisher, keys: KeyRing
) -> None:
    await keys.create(ROSA)
    records = [await written(log, await publisher.publish(CREATED, actor=ROSA, id=EVENT, now=NOW)) for _ in range(2)]
    assert records[0].offset != records[1].offset
    assert (records[0].key, records[0].value, records[0].headers) == (
        records[1].key,
        records[1].value,
        records[1].headers,
    )


async def test_an_event_with_a_cause_says_so_and_keeps_its_correlation(publisher: Publisher) -> None:
    cause = (await publisher.publish(LIKED, actor=ROSA)).envelope
    effect = (
        await publisher.publish(LIKED, actor=None, cause=cause, id=EVENT, now=NOW + timedelta(seconds=1))
    ).envelope
    assert (effect.causation, effect.correlation) == (cause.id, cause.correlation)


async def test_a_traced_event_carries_the_trace_of_its_request(log: EmbeddedLog, publisher: Publisher) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with spans.request("POST", "/v1/posts", "/v1/posts", parent, "vendor=1"):
        trace = current()
        record = await written(log, await publisher.publish(LIKED, actor=ROSA))
    assert trace is not None
    headers = dict(record.headers)
    assert headers["traceparent"].decode().split("-")[1] == trace.trace_id
    assert headers["tracestate"] == b"vendor=1"


async def test_an_event_outside_of_any_trace_carries_none(log: EmbeddedLog, publisher: Publisher) -> None:
    record = await written(log, await publisher.publish(LIKED, actor=ROSA))
    assert "tracestate" not in dict(record.headers)
