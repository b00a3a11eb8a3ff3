"""What the figures of one run share: how long it may take, the servers, the stores, and where progress is told."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from bench.community import Community, Platform, Size, Twin, embedded, on_servers, populate
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
        self._communities: dict[Twin, Community] = {}
        self._platform = AsyncExitStack()

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

    async def community(self, twin: Twin) -> Community:
        """Reed98 on a running platform, the same for all figures; that on the other twin is stopped first."""
        if twin not in self._communities:
            await self.stop_platform()
            self.say(f"the community moves in ({twin})")
            platform = await self._platform.enter_async_context(await self._platform_on(twin))
            size = self.sized(Size(people=None, posts=2_000), Size(people=100, posts=500))
            self._communities[twin] = await populate(platform, size)
        return self._communities[twin]

    async def stop_platform(self) -> None:
        """Stop the platform that runs, if one does: what is measured next has the machine to itself."""
        self._communities.clear()
        await self._platform.aclose()

    async def _platform_on(self, twin: Twin) -> AbstractAsyncContextManager[Platform]:
        return embedded(self.directory) if twin == "embedded" else on_servers(await self.servers(), self.directory)


@asynccontextmanager
async def new_run(console: Console, *, quick: bool) -> AsyncIterator[Run]:
    """A run with a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="qiao-bench-") as directory:
        async with AsyncExitStack() as stack:
            run = Run(Path(directory), stack, console, quick=quick)
            try:
                yield run
            finally:
                await run.stop_platform()
