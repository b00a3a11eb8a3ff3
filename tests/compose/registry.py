"""A registry of our own on this machine: how long it takes from a pull to a gateway that is ready."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from qiao.servers.ports import accepts, free_port
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
        await asyncio.wait_for(process.wait(), 30)


def _started(configuration: Path) -> subprocess.Popen[bytes]:
    command = ["docker-registry", "serve", str(configuration)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
