"""Certificates that cannot be read are told at once, by the name of the setting: waiting for servers mends nothing."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from qiao.cluster import kafka_log, open_vault
from qiao.settings import Settings, SettingsInvalid

SERVERS = {"log": "kafka://127.0.0.1:1", "views": "cassandra://127.0.0.1:1/qiao"}


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_they_are_refused_by_name(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.crt"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsInvalid, match=f"QIAO_KAFKA_TLS_CA={path}"):
        await kafka_log(Settings(**SERVERS, kafka_tls_ca=str(path)))
    with pytest.raises(SettingsInvalid, match=f"QIAO_CASSANDRA_TLS_CA={path}"):
        await open_vault(Settings(**SERVERS, cassandra_tls_ca=str(path)), AsyncExitStack())
