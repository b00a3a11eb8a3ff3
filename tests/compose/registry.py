"""A registry of our own on this machine: how long it takes from a pull to a gateway that is ready."""

import json
import shlex
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from qiao.servers.ports import accepts, free_port
from tests.compose.lab import docker, ran
from tests.waiting import eventually


def can_run() -> bool:
    """Whether the program is there (Debian's package docker-registry)."""
    return shutil.which("docker-registry") is not None


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[str]:
    """Its `host:port`; whatever is pushed to it is kept in the directory."""
    port = free_port()
    kept, address = f"storage: {{filesystem: {{rootdirectory: {directory}/images}}}}", f"127.0.0.1:{port}"
    configuration = directory / "registry.yaml"
    configuration.write_text(f"version: 0.1\n{kept}\nhttp: {{addr: '{address}'}}\n")
    process = _started(configuration)
    try:
        await eventually(lambda: accepts(port), 30)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def pushed_copy(image: str, name: str) -> str:
    """Push the same files and settings under that name, in a layer that the engine has nowhere else; forget it.

    Layers of an image that is there, under whatever name, would not be pulled. Returns the name.
    """
    configured = json.loads(docker("image", "inspect", image))[0]["Config"]
    changes = [f"ENV {variable}" for variable in configured["Env"]]
    changes += [f"USER {configured['User']}", f"ENTRYPOINT {json.dumps(configured['Entrypoint'])}"]
    container = docker("create", image).strip()
    options = " ".join(f"--change {shlex.quote(change)}" for change in changes)
    copying = f"docker export {container} | docker import {options} - {name}"
    ran("bash", "-o", "pipefail", "-c", copying)
    docker("rm", container)
    docker("push", name)
    docker("image", "rm", name)
    return name


def _started(configuration: Path) -> subprocess.Popen[bytes]:
    command = ["docker-registry", "serve", str(configuration)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
