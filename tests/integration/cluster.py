"""The platform as operators run it: real servers, and each role a process of its own that may be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from qiao.load.gateway import Gateway
from qiao.servers import CassandraServer, KafkaServer
from qiao.servers.ports import free_port
from qiao.settings import Settings, load

ROOT = Path(__file__).resolve().parents[2]
STOP_TIMEOUT = 60.0
MIGRATE_TIMEOUT = 90.0
TAIL_BYTES = 3_000


class Role:
    """One process of the platform. What it prints and logs goes to the end of a file."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        """`name` names the file, `arguments` are those of the command `qiao`. Nothing runs yet."""
        self.name, self.log_file = name, directory / f"{name}.log"
        self._command, self._environment = [sys.executable, "-m", "qiao", *arguments], dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Role":
        """Start it and return at once."""
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    @property
    def health(self) -> Gateway:
        """Where it answers for its health: a gateway where it listens, a worker where its settings say."""
        address = self._environment.get("QIAO_METRICS_LISTEN", self._environment["QIAO_LISTEN"])
        host, _, port = address.rpartition(":")
        return Gateway.listening_on(host, int(port))

    @property
    def pid(self) -> int:
        """Of the process that was started last."""
        return self._started.pid

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._started.poll()

    def children(self) -> set[int]:
        """The processes that it started and that live."""
        return {int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()}

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self._started.kill()
        self._started.wait(STOP_TIMEOUT)

    def freeze(self) -> None:
        """SIGSTOP: it hangs until `thaw`."""
        self._started.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._started.send_signal(signal.SIGCONT)

    def terminate(self) -> int:
        """SIGTERM; the exit status once it has ended by itself. Raises subprocess.TimeoutExpired."""
        self._started.send_signal(signal.SIGTERM)
        return self._started.wait(STOP_TIMEOUT)

    def clean_up(self) -> None:
        """Leave nothing behind, whatever its state."""
        if self._process is None or self.status is not None:
            return
        self.thaw()
        try:
            self.terminate()
        except subprocess.TimeoutExpired:
            self.kill()

    def tail(self) -> str:
        """The end of what it said, for the report of a failure."""
        said = self.log_file.read_bytes()[-TAIL_BYTES:].decode(errors="replace") if self.log_file.exists() else ""
        return f"--- {self.name}\n{said}"

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process


class Cluster:
    """Kafka, Cassandra, a gateway of two processes, and two workers."""

    def __init__(self, directory: Path, kafka: Path | None = None) -> None:
        """Everything in the directory, but for Kafka where it is given one; nothing runs yet."""
        self.directory = directory
        self.kafka = KafkaServer(kafka or directory / "kafka")
        self.cassandra = CassandraServer(directory / "cassandra")
        self.port = free_port()
        self.environment = environment(
            listen=f"127.0.0.1:{self.port}",
            log=f"kafka://{self.kafka.address}",
            views=f"cassandra://{self.cassandra.address}/qiao",
            instance="one",
            drain_delay="2",
        )
        self.roles: list[Role] = []
        self.gateway = self.role("gateway", "gateway", "--processes", "2")
        self.plain_gateway = self.role("plain-gateway", "gateway")
        self.feeds = self.worker("feeds", "feeds")
        self.others = self.worker("accounts-posts", "accounts", "posts")

    def worker(self, name: str, *services: str, **more: str) -> Role:
        """A worker that answers for its health."""
        return self.role(name, "worker", *services, QIAO_METRICS_LISTEN=f"127.0.0.1:{free_port()}", **more)

    def role(self, name: str, *arguments: str, **more: str) -> Role:
        """A further process of this cluster, stopped with it; `more` are variables of its own."""
        role = Role(name, arguments, {**self.environment, **more}, self.directory)
        self.roles.append(role)
        return role

    @property
    def settings(self) -> Settings:
        """As its processes have them."""
        return load(self.environment)

    @property
    def address(self) -> Gateway:
        """Where the gateway listens."""
        return Gateway.listening_on("127.0.0.1", self.port)

    @contextmanager
    def running(self) -> Iterator["Cluster"]:
        """Started, and stopped in the end, also where it did not start whole."""
        try:
            self.start()
            yield self
        finally:
            self.stop()

    def start(self) -> None:
        """Start everything that it consists of, the servers ready. Raises ServersError, CalledProcessError."""
        self.kafka.start()
        self.cassandra.start()
        self.kafka.wait_ready()
        self.cassandra.wait_ready()
        command = [sys.executable, "-m", "qiao", "migrate"]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, timeout=MIGRATE_TIMEOUT)
        for role in (self.feeds, self.others, self.gateway):
            role.start()

    def stop(self) -> None:
        """Stop whatever runs, the servers last."""
        for role in self.roles:
            role.clean_up()
        self.kafka.stop()
        self.cassandra.stop()

    def tails(self) -> str:
        """The end of what each process said."""
        return "\n".join(role.tail() for role in self.roles)


def environment(**settings: str) -> Mapping[str, str]:
    """Ours without its QIAO_*, and these settings instead."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("QIAO_")}
    common = {"secret": "s" * 32, "master_key": "ab" * 32, "rate_limits": "off", "log_format": "json"}
    return inherited | {f"QIAO_{name.upper()}": value for name, value in (common | settings).items()}
