"""The processes that are measured: the product's roles and the bare servers, each with a log of its own."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

READY_SECONDS = 60.0
STOP_SECONDS = 30.0
LOOK_SECONDS = 0.01


class ProcessFailed(Exception):
    """A process ended by itself or did not get ready. The message holds the end of its log."""


class Running:
    """A process that was started here and will be stopped here."""

    def __init__(self, process: Process, log: Path) -> None:
        """Made by `start`."""
        self._process, self._log = process, log

    @property
    def resident_mb(self) -> float:
        """Resident memory, in MB (10^6 bytes)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6

    @property
    def cpu_seconds(self) -> float:
        """Processor time so far, in all threads."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def answers(self, url: str) -> float:
        """Wait until the URL says 200; the clock's reading (`time.perf_counter`) then. Raises ProcessFailed."""
        deadline = time.perf_counter() + READY_SECONDS
        async with aiohttp.ClientSession() as session:
            while not await _says_ok(session, url):
                if self._process.returncode is not None or time.perf_counter() > deadline:
                    raise ProcessFailed(f"{url} is not ready. Its log ends with:\n{self._tail()}")
                await asyncio.sleep(LOOK_SECONDS)
        return time.perf_counter()

    def check(self) -> None:
        """Raises ProcessFailed if it has ended by itself."""
        if self._process.returncode is not None:
            raise ProcessFailed(f"it ended with {self._process.returncode}. Its log ends with:\n{self._tail()}")

    async def ended(self) -> None:
        """Wait until it has ended by itself. Raises ProcessFailed for any exit status but 0."""
        if await self._process.wait() != 0:
            self.check()

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL for what does not end."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-3_000:]


async def start(arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Running:
    """Start a Python module (`arguments` follow `-m`); of QIAO_* it sees only what `environment` gives."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("QIAO_")}
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            env=inherited | dict(environment or {}),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Running(process, log)


async def _says_ok(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
