"""What the figures of one run share: how long it may take, the servers, the stores, and where progress is told."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from bench.servers import Addresses, new_settings, start_servers
from bench.world import new_world
from qiao.servers.ports import free_port
from qiao.settings import Settings
from qiao.stores import Stores

T = TypeVar("T")


class Run:
    """One run of the bench. Made by `new_run`; what it started it stops, and its files it removes."""

    def __init__(self, directory: Path, stack: AsyncExitStack, console: Console, *, quick: bool) -> None:
        """`console` is for progress."""
        self.directory, self.quick = directory, quick
        self._stack, self._console = stack, console
        self._addresses: Addresses | None = None
        self._folding: tuple[Settings, Stores] | None = None

    def say(self, text: str) -> None:
        """Tell who waits what is going on."""
        self._console.print(f"[dim]{text}[/]", highlight=False)

    def sized(self, full: T, quick: T) -> T:
        """How much of something to do in this run."""
        return quick if self.quick else full

    async def servers(self) -> Addresses:
        """A running Kafka and Cassandra, the same for all figures."""
        if self._addresses is None:
            self.say("starting Kafka and Cassandra")
            self._addresses = await start_servers(self.directory, self._stack)
        return self._addresses

    async def folding(self) -> tuple[Settings, Stores]:
        """Stores in this process, on the servers, the same for all figures that fold here."""
        if self._folding is None:
            settings = new_settings(await self.servers(), self.directory, f"127.0.0.1:{free_port()}")
            self.say("making topics and tables")
            self._folding = settings, await self._stack.enter_async_context(new_world(settings))
        return self._folding


@asynccontextmanager
async def new_run(console: Console, *, quick: bool) -> AsyncIterator[Run]:
    """A run with a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="qiao-bench-") as directory:
        async with AsyncExitStack() as stack:
            yield Run(Path(directory), stack, console, quick=quick)
