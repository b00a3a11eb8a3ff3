"""`qiao servers`: Kafka and Cassandra in the foreground, for development."""

import signal
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Never

import click
from rich.console import Console
from rich.status import Status

from qiao.servers.cassandra import CassandraServer
from qiao.servers.errors import ServerDied, ServersError
from qiao.servers.kafka import KafkaServer
from qiao.servers.process import LocalServer
from qiao.trouble import Trouble

_LOOK_SECONDS = 0.5
_READY = """Kafka and Cassandra are ready. To use them, in another shell:

export QIAO_LOG=kafka://{kafka}
export QIAO_VIEWS=cassandra://{cassandra}/qiao

Ctrl-C stops both; their data stays in {data}"""


@click.command("servers")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("qiao-data/servers"),
    show_default=True,
    help="Where both keep data, configuration and logs.",
)
@click.option("--kafka-port", type=click.IntRange(1, 65535), default=9092, show_default=True)
@click.option("--cassandra-port", type=click.IntRange(1, 65535), default=9042, show_default=True)
def servers_command(data: Path, kafka_port: int, cassandra_port: int) -> None:
    """Run a real Kafka and a real Cassandra on this machine until Ctrl-C.

    Both are fetched from Maven Central once; Java 17 and Maven must be installed. They listen on 127.0.0.1 only.
    """
    kafka = KafkaServer(data / "kafka", kafka_port)
    cassandra = CassandraServer(data / "cassandra", cassandra_port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as stopping:
            _start([kafka, cassandra], stopping)
            click.echo(_READY.format(kafka=kafka.address, cassandra=cassandra.address, data=data))
            _watch([kafka, cassandra])
    except KeyboardInterrupt:
        click.echo("Both are stopped.")
    except ServersError as error:
        raise Trouble(str(error)) from error


def _start(servers: list[LocalServer], stopping: ExitStack) -> None:
    with Console(stderr=True).status("") as status:
        for server in servers:
            status.update(f"{server.name}: looking for its jars")
            server.download(partial(_show_download, status, server.name))
        for server in servers:
            server.start()
            stopping.callback(server.stop)
        stopping.callback(_begin_to_stop)
        for server in servers:
            status.update(f"{server.name}: starting on {server.address}")
            server.wait_ready()


def _show_download(status: Status, name: str, count: int) -> None:
    status.update(f"{name}: {count} files from Maven Central")


def _watch(servers: list[LocalServer]) -> Never:
    while True:
        for server in servers:
            if not server.running:
                raise ServerDied(f"{server.name} ended by itself; its log is {server.log_file}.")
        time.sleep(_LOOK_SECONDS)


def _begin_to_stop() -> None:
    """An impatient second Ctrl-C would leave a server behind; stopping is bounded in time anyway."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    click.echo("Stopping.")
