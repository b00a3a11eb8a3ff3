"""One Cassandra node."""

from pathlib import Path

from qiao.servers.java import find_java
from qiao.servers.maven import POMS
from qiao.servers.process import LocalServer

# Production acknowledges from memory, as three replicas hold each write. One node alone loses then, when it is killed,
# what it acknowledged in its last 100 ms: measured, 146 of 2,000 single writes. Syncing first loses none, and costs two
# thirds of the throughput of batched writes.
_PERIODIC = "commitlog_sync: periodic\ncommitlog_sync_period: 10000ms"
_EVERY_WRITE = "commitlog_sync: batch"


class CassandraServer(LocalServer):
    """A node for development: one token, replication 1, no authentication."""

    name = "cassandra"
    ready_line = "Startup complete"

    def __init__(self, directory: Path, port: int | None = None, *, sync_every_write: bool = True) -> None:
        """With `sync_every_write` a killed node has kept all that it acknowledged, as a cluster of three would.

        Without, it is as fast as a node of such a cluster: for figures.
        """
        super().__init__(directory, port)
        self._commitlog_sync = _EVERY_WRITE if sync_every_write else _PERIODIC

    def _prepare(self, jars: Path) -> None:
        template = (POMS / self.name / "cassandra.yaml").read_text()
        settings = template.format(
            port=self.port, storage_port=self.inner_port, data=self._data, commitlog_sync=self._commitlog_sync
        )
        self._config.write_text(settings)

    def _command(self, jars: Path) -> list[str]:
        """The `--add-opens` list and the like stand in an argument file, as in Cassandra's own jvm17 options."""
        return [
            str(find_java()),
            f"@{POMS / self.name / 'jvm.options'}",
            f"-javaagent:{next(jars.glob('jamm-*.jar'))}",
            f"-Dcassandra.config=file://{self._config}",
            f"-Dcassandra.storagedir={self._data}",
            f"-Dlogback.configurationFile={POMS / self.name / 'logback.xml'}",
            "-cp",
            f"{jars}/*",
            "org.apache.cassandra.service.CassandraDaemon",
        ]

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _config(self) -> Path:
        return self.directory / "cassandra.yaml"
