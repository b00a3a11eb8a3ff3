"""One Kafka broker in KRaft mode: broker and controller in one process."""

import subprocess
from pathlib import Path

from qiao.servers.errors import ServersError
from qiao.servers.java import find_java
from qiao.servers.maven import POMS
from qiao.servers.process import LocalServer

# Any constant does: a cluster id only has to be the same at every start on the same data.
_CLUSTER_ID = "cWlhby1sb2NhbC1rYWZrYQ"


class KafkaServer(LocalServer):
    """A broker for development: replication 1, topics made by `qiao migrate` alone."""

    name = "kafka"
    ready_line = "Kafka Server started"

    def _prepare(self, jars: Path) -> None:
        template = (POMS / self.name / "server.properties").read_text()
        settings = template.format(port=self.port, controller_port=self.inner_port, data=self._data)
        self._config.write_text(settings)
        if not (self._data / "meta.properties").exists():
            self._format(jars)

    def _command(self, jars: Path) -> list[str]:
        return [*self._java(jars), "-Xmx512m", "kafka.Kafka", str(self._config)]

    def _format(self, jars: Path) -> None:
        command = [*self._java(jars), "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool"]
        command += ["format", "-t", _CLUSTER_ID, "-c", str(self._config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise ServersError(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")

    def _java(self, jars: Path) -> list[str]:
        return [str(find_java()), "-cp", f"{jars}/*", "-Dorg.slf4j.simpleLogger.showDateTime=true"]

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _config(self) -> Path:
        return self.directory / "server.properties"
