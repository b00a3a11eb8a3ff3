"""What one local server process can do: start, become ready, stop, be killed, start again on the same data."""

import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from qiao.servers.errors import ServerDied, ServersError
from qiao.servers.maven import Progress, jars_of
from qiao.servers.ports import LOOPBACK, accepts, free_port, is_free

_POLL_SECONDS = 0.1
_LOG_TAIL = 4_000


class LocalServer(ABC):
    """One server on the loopback interface; its data, configuration and log live in one directory.

    Every method blocks; none is for an event loop's thread. A second `start` finds the data of the first.
    """

    name: str
    """The folder in deploy/local/, and what messages call it."""
    ready_line: str
    """What the server logs once it serves requests."""

    def __init__(self, directory: Path, port: int | None = None) -> None:
        """Nothing runs yet. Without `port` a free one is chosen, and kept across restarts."""
        self.directory = directory.resolve()
        self.port = port or free_port()
        self.inner_port = free_port()
        self.log_file = self.directory / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def address(self) -> str:
        """`host:port` for clients."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The running process, None when there is none."""
        return self._process.pid if self.running and self._process else None

    @property
    def running(self) -> bool:
        """Whether the process is there (not: whether it is ready)."""
        return self._process is not None and self._process.poll() is None

    def download(self, progress: Progress | None = None) -> None:
        """Makes sure that the jars are on this machine. Raises ServersError where they cannot be had."""
        jars_of(self.name, progress)

    def start(self) -> Self:
        """Starts the process and returns at once; `wait_ready` follows.

        Raises:
            ServersError: it runs already, its port is taken, or Java, Maven or the jars cannot be had.
        """
        if self.running:
            raise ServersError(f"{self.name} runs already, with pid {self.pid}.")
        if not is_free(self.port):
            raise ServersError(f"{self.name} cannot listen on {self.address}: the port is taken.")
        self.directory.mkdir(parents=True, exist_ok=True)
        self._prepare(jars_of(self.name))
        with self.log_file.open("ab") as log:
            self._log_start = log.tell()
            # A session of its own: Ctrl-C reaches us alone, and we stop the servers in order.
            self._process = subprocess.Popen(
                self._command(jars_of(self.name)),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def wait_ready(self, timeout: float = 90.0) -> Self:
        """Returns once the server serves requests.

        Raises:
            ServerDied: it ended, or was not ready within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not (self.ready_line in self._log_since_start() and accepts(self.port)):
            if not self.running:
                raise ServerDied(f"{self.name} ended while starting. {self._log_tail()}")
            if time.monotonic() > deadline:
                raise ServerDied(f"{self.name} was not ready within {timeout:.0f} s. {self._log_tail()}")
            time.sleep(_POLL_SECONDS)
        return self

    def kill(self) -> None:
        """SIGKILL, as a power cut would: no chance to flush. Returns when the process is gone."""
        self._end(signal.SIGKILL, timeout=30.0)

    def stop(self, timeout: float = 30.0) -> None:
        """SIGTERM; after `timeout` seconds SIGKILL. Returns when the process is gone. Does nothing if it is."""
        try:
            self._end(signal.SIGTERM, timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def restart(self, timeout: float = 90.0) -> Self:
        """Stops if it still runs, starts on the same data and port, waits until ready."""
        self.stop()
        return self.start().wait_ready(timeout)

    def __enter__(self) -> Self:
        try:
            return self.start().wait_ready()
        except BaseException:  # Ctrl-C too: `with` has not begun, so nobody else would stop it
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def _prepare(self, jars: Path) -> None:
        """Writes the configuration and whatever must be there before the first start."""

    @abstractmethod
    def _command(self, jars: Path) -> list[str]:
        """The command line of the server."""

    def _end(self, how: signal.Signals, timeout: float) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(timeout)
        self._process = None

    def _log_since_start(self) -> str:
        with self.log_file.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def _log_tail(self) -> str:
        return f"Its log, {self.log_file}, ends with:\n{self._log_since_start()[-_LOG_TAIL:]}"
