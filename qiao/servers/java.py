"""The Java that runs the servers. Cassandra 5.0 runs on 11 and 17, Kafka 4 on 17 and newer: so it is 17."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from qiao.servers.errors import ServersError

_VERSION = 17
_DEBIAN = Path("/usr/lib/jvm")


@cache
def find_java() -> Path:
    """The `java` binary of a JDK 17.

    Raises:
        ServersError: there is none on this machine.
    """
    for java in _candidates():
        if _major_version(java) == _VERSION:
            return java
    raise ServersError(
        f"Kafka and Cassandra need Java {_VERSION}, and none was found. On Debian install it with "
        f"`apt-get install openjdk-{_VERSION}-jdk-headless`; elsewhere set JAVA_HOME to a JDK {_VERSION}."
    )


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found)
    yield from sorted(_DEBIAN.glob(f"java-{_VERSION}-openjdk-*/bin/java"))


def _major_version(java: Path) -> int | None:
    if not java.exists():
        return None
    said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
    match = re.search(r'version "(\d+)', said)
    return int(match[1]) if match else None
