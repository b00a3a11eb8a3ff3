"""Opening the twins on servers: what a setting is to blame for is refused by its name, and not waited for."""

from contextlib import AsyncExitStack
from typing import NoReturn
from unittest.mock import AsyncMock, MagicMock

import pytest

from libs.cassandra import CassandraRefused
from libs.log import Entry, ReadOnly, TopicSpec
from libs.log.kafka.log import KafkaLog
from qiao.cluster import open_on_servers
from qiao.settings import SettingsInvalid, load
from qiao.sources import open_source

SETTINGS = load(
    {
        "QIAO_LOG": "kafka://127.0.0.1:1",
        "QIAO_VIEWS": "cassandra://127.0.0.1:1/qiao",
        "QIAO_SECRET": "s" * 32,
        "QIAO_MASTER_KEY": "ab" * 32,
    }
)


async def test_a_wrong_password_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise CassandraRefused("wrong password")

    monkeypatch.setattr("libs.cassandra.connect", refuse)
    async with AsyncExitStack() as stack:
        with pytest.raises(SettingsInvalid, match="QIAO_CASSANDRA_PASSWORD"):
            await open_on_servers(SETTINGS, stack)


@pytest.mark.parametrize("beside", [True, False], ids=["a tool", "the platform"])
async def test_what_a_tool_opens_on_servers_has_no_producer(monkeypatch: pytest.MonkeyPatch, beside: bool) -> None:
    monkeypatch.setattr("libs.cassandra.connect", AsyncMock(return_value=MagicMock(close=AsyncMock())))
    monkeypatch.setattr(KafkaLog, "start", AsyncMock())
    made = MagicMock(append=AsyncMock(return_value=[]), stop=AsyncMock(), close=AsyncMock())
    monkeypatch.setattr("libs.log.kafka.log.Appender", lambda *_: made)
    async with AsyncExitStack() as stack:
        log, _, _ = await open_on_servers(SETTINGS, stack, beside=beside)
        monkeypatch.setattr(log._metadata, "check", AsyncMock())  # type: ignore[attr-defined]
        entries = [Entry("posts", b"key", b"value")]
        if beside:
            with pytest.raises(ReadOnly):
                await log.append(entries)
        else:
            await log.append(entries)
    assert made.append.called is not beside


@pytest.mark.parametrize("source", ["live", "kafka://127.0.0.1:1"])
async def test_a_source_on_servers_has_no_producer(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.setattr("libs.cassandra.connect", AsyncMock(return_value=MagicMock(close=AsyncMock())))
    for name, answer in (("start", None), ("topics", {}), ("bounds", {})):
        monkeypatch.setattr(KafkaLog, name, AsyncMock(return_value=answer))
    producer = MagicMock(stop=AsyncMock(), close=AsyncMock())
    made = MagicMock(return_value=producer)
    monkeypatch.setattr("libs.log.kafka.log.Appender", made)
    async with open_source(source, SETTINGS) as opened:
        with pytest.raises(ReadOnly):
            await opened.log.append([Entry("posts", b"key", b"value")])
        with pytest.raises(ReadOnly):
            await opened.log.create([TopicSpec("more")])
    assert not made.called
