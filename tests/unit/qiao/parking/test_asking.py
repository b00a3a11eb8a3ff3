"""Asking the owner of a partition: answered, not answered, or busy with another request."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from libs.log import Partition
from libs.projections.redrive import KIND, Request, record_key
from libs.vault import Vault
from libs.vault.sqlite import open_vault
from qiao.parking import asking
from qiao.parking.asking import NotAnswered, ask_and_wait

PLACE = Partition("posts", 3)
REQUEST = Request(action="redrive", key="a post", actor="ops", reason="")


@pytest_asyncio.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    """A real one."""
    opened = await open_vault(tmp_path / "vault.db")
    await opened.migrate()
    yield opened
    await opened.close()


async def _answer(vault: Vault, outcome: str) -> None:
    """What the owner does."""
    key = record_key("feeds", PLACE)
    item = await vault.get(KIND, key)
    assert item is not None
    request = msgspec.json.decode(item.value, type=Request)
    done = msgspec.structs.replace(request, state="done", outcome=outcome)
    await vault.put(KIND, key, msgspec.json.encode(done))


async def test_without_an_owner_it_says_what_to_start(vault: Vault) -> None:
    with pytest.raises(NotAnswered, match="qiao up"):
        await ask_and_wait(vault, "feeds", PLACE, REQUEST, timeout=0.05)


async def test_asking_the_same_again_waits_for_the_first_request(vault: Vault) -> None:
    with pytest.raises(NotAnswered):
        await ask_and_wait(vault, "feeds", PLACE, REQUEST, timeout=0.05)
    await _answer(vault, "1 done")
    again = msgspec.structs.replace(REQUEST, actor="someone else")
    with pytest.raises(NotAnswered):
        await ask_and_wait(vault, "feeds", PLACE, again, timeout=0.05)
    await _answer(vault, "2 done")
    item = await vault.get(KIND, record_key("feeds", PLACE))
    assert item is not None
    assert msgspec.json.decode(item.value, type=Request).outcome == "2 done"


async def test_another_request_that_waits_is_named(vault: Vault) -> None:
    with pytest.raises(NotAnswered):
        await ask_and_wait(vault, "feeds", PLACE, REQUEST, timeout=0.05)
    other = Request(action="discard", key="another post", offset=7, actor="ops", reason="broken")
    with pytest.raises(NotAnswered, match="a post"):
        await ask_and_wait(vault, "feeds", PLACE, other, timeout=0.05)


async def test_the_answer_to_somebody_elses_request_is_not_taken_for_ours(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = asking.ask

    async def ask(vault: Vault, projection: str, partition: Partition, request: Request) -> bool:
        """Ours is answered at once, and another one is asked before we look."""
        done = await real(vault, projection, partition, request)
        await _answer(vault, "ours")
        other = Request(action="discard", key="another post", offset=7, actor="somebody", reason="broken")
        assert await real(vault, projection, partition, other)
        return done

    monkeypatch.setattr(asking, "ask", ask)
    with pytest.raises(NotAnswered, match="somebody has asked for something else since"):
        await ask_and_wait(vault, "feeds", PLACE, REQUEST, timeout=5)
