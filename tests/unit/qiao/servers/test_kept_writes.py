"""One node of Cassandra has no other to remember for it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from qiao.servers import CassandraServer, command
from qiao.servers.process import LocalServer


def test_qiao_servers_syncs_what_cassandra_acknowledges_so_that_a_kill_loses_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[LocalServer] = []

    def start(servers: list[LocalServer], stopping: object) -> None:
        made.extend(servers)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_start", start)
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    CliRunner().invoke(command.servers_command, ["--data", str(tmp_path)])
    [cassandra] = [server for server in made if isinstance(server, CassandraServer)]
    assert "commitlog_sync: batch\n" in _settings_of(cassandra)


def test_for_figures_cassandra_syncs_as_a_node_of_a_cluster_does(tmp_path: Path) -> None:
    assert "commitlog_sync: periodic\n" in _settings_of(CassandraServer(tmp_path, sync_every_write=False))


def _settings_of(server: CassandraServer) -> str:
    server.directory.mkdir(parents=True, exist_ok=True)
    server._prepare(Path())
    return server._config.read_text()
