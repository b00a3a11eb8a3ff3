"""`qiao up`, `qiao gateway` and `qiao worker`: the roles that run until they are told to stop."""

import asyncio
import errno
import os
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import click
import uvloop

from libs import telemetry
from libs.projections import Host
from qiao import migration
from qiao.commands.environment import environment_settings
from qiao.commands.interrupting import unless_stopped
from qiao.garbage import collect_seldom
from qiao.gateway import gateway_server, health_server
from qiao.load import Gateway
from qiao.services import SERVICES
from qiao.settings import Settings, SettingsInvalid
from qiao.stores import Stores, open_stores
from qiao.workers import running_workers
from qiao.world.exposure import refuse_to_expose_sample
from qiao.world.welcome import make_sample, sign_in_hint, wants_sample
from services.gateway.processes import supervise
from services.gateway.server import Server, stop_requested


@click.command("up")
def up_command() -> None:
    """Run the whole platform in this process, until Ctrl-C.

    Embedded unless QIAO_LOG and QIAO_VIEWS say otherwise: then everything it knows is in ./qiao-data.

    \b
    qiao up
    QIAO_LISTEN=0.0.0.0:80 QIAO_DATA=/var/lib/qiao qiao up
    """
    settings = environment_settings("up")
    _run(_up(settings))


async def _up(settings: Settings) -> None:
    _refuse_taken(settings)
    async with open_stores(settings) as stores:
        await migration.migrate(stores, settings)
        await refuse_to_expose_sample(stores, settings)
        async with running_workers(settings, stores) as workers:
            server = gateway_server(settings, stores, workers=workers)
            with stop_requested() as stop:
                await _listen(server, "QIAO_LISTEN", settings.listen)
                try:
                    host, _ = settings.address
                    click.echo(f"Qiao listens on http://{host}:{server.port}  (Ctrl-C stops it)")
                    if await wants_sample(stores, settings):
                        await unless_stopped(make_sample(stores, Gateway.listening_on(host, server.port)), stop)
                    click.echo(await sign_in_hint(stores, settings))
                    await _until(stop, workers.failed)
                finally:
                    await server.drain()


@click.command("gateway")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Share one port.")
def gateway_command(processes: int) -> None:
    """Serve clients, until SIGTERM; projections run elsewhere (`qiao worker`).

    Needs a log and views on servers. On SIGTERM /readyz says 503, and requests in flight are finished.

    \b
    qiao gateway --processes 2
    """
    settings = environment_settings("gateway")
    _on_servers(settings, "gateway")
    if processes > 1:
        sys.exit(
            supervise([sys.executable, "-m", "qiao", "gateway-process"], processes, drain_delay=settings.drain_delay)
        )
    _run(_gateway(settings, shared=False))


@click.command("gateway-process", hidden=True)
def gateway_process_command() -> None:
    """One of several processes on one port; started by `qiao gateway --processes`."""
    _run(_gateway(environment_settings("gateway"), shared=True))


async def _gateway(settings: Settings, *, shared: bool) -> None:
    async with open_stores(settings) as stores:
        await migration.awaited(stores, settings)
        await refuse_to_expose_sample(stores, settings)
        server = gateway_server(settings, stores, shared=shared)
        with stop_requested() as stop:
            await _listen(server, "QIAO_LISTEN", settings.listen)
            try:
                click.echo(f"gateway listens on {settings.listen}", err=True)
                await stop.wait()
            finally:
                await server.drain()


@click.command("worker")
@click.argument("services", nargs=-1, type=click.Choice(list(SERVICES)), metavar="SERVICE...")
def worker_command(services: tuple[str, ...]) -> None:
    """Fold the log into the tables of these services (of all where none is named), until SIGTERM.

    QIAO_INSTANCE names the process in its consumer groups: it keeps its partitions over a restart.

    \b
    qiao worker feeds
    QIAO_INSTANCE=feeds-1 qiao worker feeds posts
    """
    settings = environment_settings("-".join(["worker", *services]))
    _on_servers(settings, "worker")
    _run(_worker(settings, services))


async def _worker(settings: Settings, names: Sequence[str]) -> None:
    async with open_stores(settings) as stores:
        await migration.awaited(stores, settings, names)
        with stop_requested() as stop:
            async with running_workers(settings, stores, names) as workers, _health(settings, stores, workers.hosts):
                click.echo(f"folding {', '.join(host.projection.name for host in workers.hosts)}", err=True)
                await _until(stop, workers.failed)


@asynccontextmanager
async def _health(settings: Settings, stores: Stores, hosts: Sequence[Host]) -> AsyncIterator[None]:
    """A worker's /livez, /readyz and /metrics, where QIAO_METRICS_LISTEN wants them."""
    if not settings.metrics_listen:
        yield
        return
    server = health_server(settings, stores, hosts)
    await _listen(server, "QIAO_METRICS_LISTEN", settings.metrics_listen)
    try:
        yield
    finally:
        await server.drain()


async def _listen(server: Server, variable: str, value: str) -> None:
    try:
        await server.start()
    except OSError as error:
        raise _cannot_listen(variable, value, error) from error


def _refuse_taken(settings: Settings) -> None:
    """Before anything is made in QIAO_DATA. What is wrong with the address otherwise, the server itself finds out."""
    host, port = settings.address
    for family, kind, protocol, _, where in _places(host, port):
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(where)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise _cannot_listen("QIAO_LISTEN", settings.listen, error) from error


def _places(host: str, port: int) -> Sequence[tuple[int, int, int, str, tuple[Any, ...]]]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return ()


def _cannot_listen(variable: str, value: str, error: OSError) -> SettingsInvalid:
    """asyncio's own text says the address twice."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return SettingsInvalid(f"{variable}={value}: {error.strerror or error}")
    return SettingsInvalid(f"{variable}={value}: {os.strerror(error.errno)}")


async def _until(stop: asyncio.Event, failed: asyncio.Task[None]) -> None:
    """Until asked to stop, or something ended by itself: then the block that owns it raises why."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopping, failed], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()


def _on_servers(settings: Settings, role: str) -> None:
    if settings.embedded:
        raise SettingsInvalid(
            f"qiao {role} needs QIAO_LOG=kafka://... and QIAO_VIEWS=cassandra://...: "
            "the embedded log has one process, run `qiao up`"
        )


async def _also_while_it_starts(main: Coroutine[None, None, None]) -> None:
    """It can be told to stop before it listens for that itself: servers and tables may be waited for as long as a start
    may take, and the first process of a container is not ended by SIGTERM unless it asks for it.
    """
    with stop_requested() as stop:
        await unless_stopped(main, stop)


def _run(main: Coroutine[None, None, None]) -> None:
    collect_seldom()
    try:
        uvloop.run(_also_while_it_starts(main))
    finally:
        telemetry.shutdown()
