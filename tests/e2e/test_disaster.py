"""What is lost comes back: the tables from the log, the log from a slice, the vault from its backup."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec
import pytest
from cassandra.cluster import Session

from libs.log import Entry
from libs.vault.epochs import recorded_epoch
from qiao.migration import migrate
from qiao.servers import KafkaServer
from qiao.services import projections
from qiao.settings import Settings
from qiao.sources import bounds_of
from qiao.stores import open_log_beside, open_stores
from tests.e2e.client import Api
from tests.e2e.commands import QIAO, environment, run
from tests.e2e.platform import Platform
from tests.e2e.town import Town
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.may_stall]

SECRETS = {"secret": "a secret of the disaster's tests!!", "master_key": "cd" * 32}
COMMON = {"listen": "127.0.0.1:0", "rate_limits": "off", "sample": "off", "instance": "disaster", **SECRETS}
PASSPHRASE = {"QIAO_PASSPHRASE": "over the bridge at night"}


NewSettings = Callable[[], Settings]
Lose = Callable[[Settings], Awaitable[None]]
MANY = 30_000


@pytest.fixture(params=["embedded", pytest.param("servers", marks=[pytest.mark.servers, pytest.mark.disaster])])
def new_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Settings]]:
    """Another empty platform each time it is called."""
    if request.param == "embedded":
        yield lambda: Settings(data=str(tmp_path / uuid4().hex), partitions=3, **COMMON)
        return
    cassandra, session = request.getfixturevalue("cassandra"), request.getfixturevalue("cassandra_session")
    started, keyspaces = list[KafkaServer](), list[str]()

    def on_servers() -> Settings:
        kafka = KafkaServer(tmp_path / f"kafka-{len(started)}")
        kafka.__enter__()
        started.append(kafka)
        keyspaces.append(f"d_{uuid4().hex[:12]}")
        views = f"cassandra://{cassandra}/{keyspaces[-1]}"
        return Settings(log=f"kafka://{kafka.address}", views=views, partitions=3, **COMMON)

    yield on_servers
    for kafka in started:
        kafka.__exit__(None, None, None)
    for keyspace in keyspaces:
        session.execute(f"DROP KEYSPACE IF EXISTS {keyspace}")


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[tuple[Api, Platform]]:
    platform = Platform(settings)
    async with platform.running() as url, aiohttp.ClientSession() as session:

        async def ready() -> bool:
            async with session.get(f"{url}/readyz") as answer:
                return answer.status == 200

        await eventually(ready, 60)
        yield Api(session, url), platform


def _variables(settings: Settings) -> dict[str, str]:
    changed = {
        name: value for name, value in msgspec.structs.asdict(settings).items() if value != getattr(Settings(), name)
    }
    return {f"QIAO_{name.upper()}": str(value) for name, value in changed.items()} | PASSPHRASE


async def _qiao(settings: Settings, *arguments: str) -> str:
    done = await run(*arguments, **_variables(settings))
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


async def _same_as_before(town: Town, api: Api, before: dict[str, Any]) -> None:
    async def same() -> bool:
        assert await town.seen(api) == before
        return True

    await eventually(same, 60)


def _lose_tables(settings: Settings, cassandra: Session | None) -> None:
    """All that was ever projected, the progress with it; the vault stays."""
    if cassandra is None:
        for file in settings.directory.glob("views.db*"):
            file.unlink()
        return
    keyspace = settings.views.rpartition("/")[2]
    found = cassandra.execute("SELECT table_name FROM system_schema.tables WHERE keyspace_name = %s", [keyspace])
    for name in {name for (name,) in found} - {"vault_items", "schema_locks"}:
        cassandra.execute(f"DROP TABLE {keyspace}.{name}")


@pytest.fixture
def lose_tables(request: pytest.FixtureRequest, new_settings: NewSettings) -> Lose:
    """Without blocking the loop."""
    on_servers = request.node.callspec.params["new_settings"] == "servers"
    cassandra = request.getfixturevalue("cassandra_session") if on_servers else None
    return lambda settings: asyncio.to_thread(_lose_tables, settings, cassandra)


async def test_all_projected_tables_are_lost_and_come_back_from_the_log(
    new_settings: NewSettings, lose_tables: Lose
) -> None:
    settings, town = new_settings(), Town()
    async with _running(settings) as (api, _):
        await town.live(api)
        before = await town.seen(api)
    await lose_tables(settings)
    async with _running(settings) as (api, _):
        await _same_as_before(town, api, before)
        await town.goes_on(api)


async def test_the_tables_come_back_even_where_a_rebuilt_generation_served(
    new_settings: NewSettings, lose_tables: Lose
) -> None:
    settings, town = new_settings(), Town()
    async with _running(settings) as (api, platform):
        await town.live(api)
        before = await town.seen(api)
        done = await run("rebuild", "feeds", **platform.environment)
        assert done.returncode == 0, done.stderr + done.stdout
    await lose_tables(settings)
    async with _running(settings) as (api, _):
        await _same_as_before(town, api, before)
        await town.goes_on(api)


async def test_everything_is_lost_and_comes_back_from_a_slice_and_a_backup(
    new_settings: NewSettings, tmp_path: Path
) -> None:
    settings, town = new_settings(), Town()
    vault, log = str(tmp_path / "vault.backup"), str(tmp_path / "log.qiao")
    async with _running(settings) as (api, _):
        await town.live(api)
        before = await town.seen(api)
        assert "sealing-key 3" in await _qiao(settings, "vault", "backup", vault)
        await _qiao(settings, "capture", log)
    empty = new_settings()
    await _qiao(empty, "vault", "restore", vault)
    restored = json.loads(await _qiao(empty, "restore", log, "--into", "live", "--json"))
    assert restored["held"] == 0
    assert set(restored["epochs"].values()) == {2}
    async with _running(empty) as (api, platform):
        await _same_as_before(town, api, before)
        await town.goes_on(api)
        assert await recorded_epoch(platform.stores.vault, "posts") == 2


async def test_a_log_is_lost_and_its_tables_are_rebuilt_under_the_new_epoch(
    new_settings: NewSettings, tmp_path: Path
) -> None:
    """The tables hold more than the slice: what was said after it is gone from both."""
    settings, town = new_settings(), Town()
    log = str(tmp_path / "log.qiao")
    async with _running(settings) as (api, _):
        await town.live(api)
        before = await town.seen(api)
        await _qiao(settings, "capture", log)
        await town.people[0].post("said after the last backup")
        await town.people[2].does("PUT", f"/v1/posts/{town.thread}/like")
    empty = _with_log_of(new_settings(), settings)
    await _qiao(empty, "restore", log, "--into", "live")
    async with _running(empty) as (api, platform):
        for projection in projections(empty):
            done = await run("rebuild", projection.name, "--accept-differences", **platform.environment)
            assert done.returncode == 0, done.stderr + done.stdout
        await _same_as_before(town, api, before)
        await town.goes_on(api)


def _with_log_of(other: Settings, settings: Settings) -> Settings:
    """The vault and the tables of `settings`, and an empty log."""
    if not settings.embedded:
        return msgspec.structs.replace(settings, log=other.log)
    for name in ("log.db", "log.db-wal", "log.db-shm"):
        (settings.directory / name).unlink(missing_ok=True)
    return settings


async def test_a_restore_that_is_killed_is_run_again_and_nothing_is_there_twice(
    new_settings: NewSettings, tmp_path: Path
) -> None:
    settings = new_settings()
    log = str(tmp_path / "log.qiao")
    await _many(settings)
    await _qiao(settings, "capture", log)
    empty = new_settings()
    assert await _killed(empty, log)
    restored = json.loads(await _qiao(empty, "restore", log, "--into", "live", "--json"))
    assert restored["held"] + restored["written"] == MANY
    assert restored["held"] > 0
    again = json.loads(await _qiao(empty, "restore", log, "--into", "live", "--json"))
    assert (again["held"], again["written"]) == (MANY, 0)
    assert again["epochs"] == restored["epochs"]


async def _many(settings: Settings) -> None:
    async with open_stores(settings) as stores:
        await migrate(stores, settings)
        for begin in range(0, MANY, 1_000):
            await stores.log.append(
                [Entry("posts", b"key %d" % (n % 97), b'{"n": %d}' % n) for n in range(begin, begin + 1_000)]
            )


async def _killed(settings: Settings, log: str) -> bool:
    """Start a restore, kill it once it has written something; whether it was still at work."""
    process = await asyncio.create_subprocess_exec(
        *QIAO, "restore", log, "--into", "live", env=environment(_variables(settings))
    )

    async def has_begun() -> bool:
        if process.returncode is not None:
            raise RuntimeError("it has ended")
        try:
            async with open_log_beside(settings) as opened:
                return any(each.end for each in (await bounds_of(opened)).values())
        except Exception as error:
            raise AssertionError(str(error)) from error

    await eventually(has_begun, 60)
    process.send_signal(signal.SIGKILL)
    return await process.wait() == -signal.SIGKILL
