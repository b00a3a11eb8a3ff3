"""The epoch of a topic is on record with the topic's id, and a topic of another id is refused."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.vault import Vault
from libs.vault.epochs import FIRST_EPOCH, TopicChanged, TopicUnknown, epoch_of, raise_epoch, register
from libs.vault.sqlite import open_vault


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    vault = await open_vault(tmp_path / "vault.db")
    await vault.migrate()
    yield vault
    await vault.close()


async def test_a_topic_is_registered_once(vault: Vault) -> None:
    assert await asyncio.gather(*(register(vault, "posts", "id-1") for _ in range(3))) == [FIRST_EPOCH] * 3
    assert await epoch_of(vault, "posts", "id-1") == FIRST_EPOCH


async def test_a_topic_that_is_not_on_record_asks_for_qiao_migrate(vault: Vault) -> None:
    with pytest.raises(TopicUnknown, match="run `qiao migrate`"):
        await epoch_of(vault, "posts", "id-1")


async def test_a_topic_that_was_made_again_is_refused(vault: Vault) -> None:
    await register(vault, "posts", "id-1")
    with pytest.raises(TopicChanged, match="posts has the id id-2, on record is id-1"):
        await epoch_of(vault, "posts", "id-2")
    with pytest.raises(TopicChanged):
        await register(vault, "posts", "id-2")


async def test_an_operator_can_accept_it_under_a_higher_epoch(vault: Vault) -> None:
    await register(vault, "posts", "id-1")
    assert await raise_epoch(vault, "posts", "id-2") == FIRST_EPOCH + 1
    assert await epoch_of(vault, "posts", "id-2") == FIRST_EPOCH + 1
    with pytest.raises(TopicChanged):
        await epoch_of(vault, "posts", "id-1")


async def test_epochs_rise_with_every_word(vault: Vault) -> None:
    raised = await asyncio.gather(*(raise_epoch(vault, "posts", "id-1") for _ in range(4)))
    assert sorted(raised) == [FIRST_EPOCH + n for n in range(4)]
