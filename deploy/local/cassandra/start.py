#!/usr/bin/python3
"""Starts Cassandra as the official image does where MAX_HEAP_SIZE and JVM_EXTRA_OPTS say how.

One thing more is asked for: JVM_EXTRA_OPTS must name the configuration (-Dcassandra.config=file:///...).
"""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

HOME = Path("/opt/cassandra")
CONFIGURATION = "-Dcassandra.config="


def command(environment: Mapping[str, str], agent: Path) -> list[str]:
    """The command line. `agent` is the jar that measures memory. Raises ValueError where no configuration is named."""
    heap = environment.get("MAX_HEAP_SIZE", "1G")
    extra = shlex.split(environment.get("JVM_EXTRA_OPTS", ""))
    if not any(option.startswith(CONFIGURATION) for option in extra):
        raise ValueError(f"JVM_EXTRA_OPTS must name the configuration: {CONFIGURATION}file:///etc/.../cassandra.yaml")
    return [
        "/opt/java/bin/java",
        f"@{HOME}/jvm.options",
        f"-Xms{heap}",
        f"-Xmx{heap}",
        f"-javaagent:{agent}",
        "-Dcassandra.storagedir=/var/lib/cassandra",
        f"-Dlogback.configurationFile={HOME}/logback.xml",
        *extra,
        "-cp",
        f"{HOME}/libs/*",
        "org.apache.cassandra.service.CassandraDaemon",
    ]


def main() -> None:
    """Become the node."""
    try:
        line = command(os.environ, next((HOME / "libs").glob("jamm-*.jar")))
    except ValueError as error:
        sys.exit(str(error))
    os.execv(line[0], line)  # in its place: signals reach it


if __name__ == "__main__":
    main()
