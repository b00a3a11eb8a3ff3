"""Opening the twins on servers: what a setting is to blame for is refused by its name, and not waited for."""

from contextlib import AsyncExitStack
from typing import NoReturn

import pytest

from libs.cassandra import CassandraRefused
from qiao.cluster import open_on_servers
from qiao.settings import SettingsInvalid, load

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
