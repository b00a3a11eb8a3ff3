"""The sample world, whose password everyone knows, is not served to strangers by accident."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.events import new_id
from libs.log import Publisher
from libs.projections import Frontier, ViewProgress
from qiao import migration
from qiao.settings import Settings, SettingsInvalid, load
from qiao.stores import Stores, open_stores
from qiao.world.exposure import refuse_to_expose_sample
from qiao.world.sample import SAMPLE_HANDLE, SAMPLE_PASSWORD
from qiao.world.welcome import wants_sample
from services.accounts.commands import AccountCommands, Newcomer


def served_at(data: Path, listen: str, sample: str = "on") -> Settings:
    return load({"QIAO_DATA": str(data), "QIAO_LISTEN": listen, "QIAO_SAMPLE": sample})


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[Stores]:
    """A new directory."""
    settings = served_at(tmp_path, "127.0.0.1:8080")
    async with open_stores(settings) as stores:
        await migration.migrate(stores, settings)
        yield stores


async def begin_sample(stores: Stores, data: Path) -> None:
    """What `qiao up` does on this machine."""
    assert await wants_sample(stores, served_at(data, "127.0.0.1:8080"))


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "qiao.example:80"])
@pytest.mark.parametrize("sample", ["on", "off"])
async def test_beyond_this_machine_a_directory_with_the_sample_world_is_refused(
    stores: Stores, tmp_path: Path, listen: str, sample: str
) -> None:
    await begin_sample(stores, tmp_path)
    with pytest.raises(SettingsInvalid, match=r"QIAO_LISTEN=.*QIAO_DATA to another directory.*QIAO_SAMPLE=public"):
        await refuse_to_expose_sample(stores, served_at(tmp_path, listen, sample))


@pytest.mark.parametrize(("listen", "sample"), [("127.0.0.1:80", "on"), ("[::1]:80", "on"), ("0.0.0.0:80", "public")])
async def test_on_this_machine_or_on_purpose_it_is_served(
    stores: Stores, tmp_path: Path, listen: str, sample: str
) -> None:
    await begin_sample(stores, tmp_path)
    await refuse_to_expose_sample(stores, served_at(tmp_path, listen, sample))


async def test_a_directory_without_the_sample_world_is_served_to_everyone(
    stores: Stores, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await refuse_to_expose_sample(stores, served_at(tmp_path, "0.0.0.0:80"))
    assert not caplog.records


@pytest.mark.parametrize(("password", "warns"), [(SAMPLE_PASSWORD, True), ("another password", False)])
async def test_whoever_joins_with_the_public_password_stops_nobody_but_is_a_warning(
    stores: Stores, tmp_path: Path, caplog: pytest.LogCaptureFixture, password: str, warns: bool
) -> None:
    frontier = Frontier("accounts", stores.log, stores.views, ViewProgress(stores.views, stores.vault))
    publisher = Publisher(stores.log, stores.keys, "/accounts")
    commands = AccountCommands(stores.vault, stores.keys, stores.views, frontier, publisher)
    mei = Newcomer(handle=SAMPLE_HANDLE, password=password, display_name="Mei", reads=("zh",), writes="zh")
    await commands.register(new_id(), new_id(), mei)
    with caplog.at_level(logging.WARNING):
        await refuse_to_expose_sample(stores, served_at(tmp_path, "0.0.0.0:80"))
    assert ("password of the sample world" in caplog.text) == warns


@pytest.mark.parametrize(("sample", "made"), [("on", False), ("public", True)])
async def test_beyond_this_machine_it_is_made_only_on_purpose(
    stores: Stores, tmp_path: Path, sample: str, made: bool
) -> None:
    assert await wants_sample(stores, served_at(tmp_path, "0.0.0.0:80", sample)) == made
