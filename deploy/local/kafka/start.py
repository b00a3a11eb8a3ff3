#!/usr/bin/python3
"""Starts Kafka as the official image `apache/kafka` does: variables named KAFKA_* are the broker's settings.

KAFKA_LOG_DIRS is log.dirs; `__` is an underscore, `___` a hyphen. CLUSTER_ID formats an empty directory.
"""

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

CONFIGURATION = Path("/tmp/server.properties")  # noqa: S108 - its own, in a container
JAVA = ("/opt/java/bin/java", "-cp", "/opt/kafka/libs/*", "-Dorg.slf4j.simpleLogger.showDateTime=true")
NOT_SETTINGS = ("KAFKA_HEAP_OPTS", "KAFKA_OPTS", "KAFKA_JMX_OPTS", "KAFKA_LOG4J_OPTS", "KAFKA_VERSION")
CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw"
LOG_DIRS = "/tmp/kraft-combined-logs"  # noqa: S108 - where the official one keeps it, unless told better


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The broker's settings in these variables."""
    return {
        setting(name): value
        for name, value in environment.items()
        if name.startswith("KAFKA_") and name not in NOT_SETTINGS
    }


def setting(variable: str) -> str:
    """What the variable is called in a file of properties."""
    name = variable.removeprefix("KAFKA_").lower()
    return name.replace("___", "-").replace("__", "\0").replace("_", ".").replace("\0", "_")


def main() -> None:
    """Format the storage if it is empty, then become the broker."""
    found = {"log.dirs": LOG_DIRS} | settings(os.environ)
    CONFIGURATION.write_text("".join(f"{name}={value}\n" for name, value in sorted(found.items())))
    if not (Path(found["log.dirs"]) / "meta.properties").exists():
        tool = ("-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", "format", "--cluster-id")
        cluster = os.environ.get("CLUSTER_ID", CLUSTER_ID)
        subprocess.run([*JAVA, *tool, cluster, "--config", str(CONFIGURATION)], check=True)
    options = shlex.split(os.environ.get("KAFKA_HEAP_OPTS", "-Xmx1G -Xms1G") + " " + os.environ.get("KAFKA_OPTS", ""))
    os.execv(JAVA[0], [*JAVA, *options, "kafka.Kafka", str(CONFIGURATION)])  # in its place: signals reach it


if __name__ == "__main__":
    main()
