"""Fetches a server's jars from Maven Central, once per version."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from qiao.servers.errors import ServersError
from qiao.servers.java import find_java

POMS = Path(__file__).resolve().parents[2] / "deploy" / "local"
_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies"

Progress = Callable[[int], None]
"""Called with the number of files downloaded so far."""


def cache_directory() -> Path:
    """Where jars are kept: `QIAO_SERVERS_DIR`, or `~/.cache/qiao/servers`."""
    chosen = os.environ.get("QIAO_SERVERS_DIR")
    return Path(chosen) if chosen else Path.home() / ".cache" / "qiao" / "servers"


def jars_of(server: str, progress: Progress | None = None) -> Path:
    """The directory with the jars named by `deploy/local/<server>/pom.xml`; downloads them if they are missing.

    Raises:
        ServersError: Maven or the pom is missing, or the download failed.
    """
    pom = POMS / server / "pom.xml"
    if not pom.exists():
        raise ServersError(f"{pom} is missing: local servers are started from Qiao's source tree.")
    version = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    jars = cache_directory() / f"{server}-{version}"
    if not jars.exists():
        _download(pom, jars, progress or (lambda _: None))
    return jars


def _download(pom: Path, jars: Path, progress: Progress) -> None:
    """Into a directory of its own, then renamed: a half-finished download is never taken for a whole one."""
    jars.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{jars.name}-", dir=jars.parent))
    try:
        _run_maven(pom, fresh, progress)
        if not jars.exists():
            fresh.rename(jars)
    except OSError:
        if not jars.exists():  # else another process finished the same download first
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _run_maven(pom: Path, target: Path, progress: Progress) -> None:
    command = [_find_maven(), "-B", "-f", str(pom), _GOAL, "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    environment = os.environ | {"JAVA_HOME": str(find_java().resolve().parents[1])}
    said: list[str] = []
    downloaded = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as maven:
        for line in maven.stdout or ():
            said.append(line)
            if "Downloaded from" in line:
                downloaded += 1
                progress(downloaded)
    if maven.returncode != 0:
        errors = "".join(line for line in said if line.startswith("[ERROR]")) or "".join(said[-20:])
        raise ServersError(f"Maven could not fetch the jars of {pom}:\n{errors}")


def _find_maven() -> str:
    found = shutil.which("mvn")
    if found is None:
        raise ServersError("Maven (`mvn`) is missing. On Debian install it with `apt-get install maven`.")
    return found
