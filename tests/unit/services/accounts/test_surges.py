"""In a surge passwords queue, but not without end, and nobody's handle is held meanwhile."""

import asyncio
import runpy
import threading
from collections.abc import Iterator

import pytest

from libs.events import new_id
from libs.http.kinds import UNAVAILABLE
from libs.http.problems import Problem
from services.accounts import passwords as passwords_module
from services.accounts.commands import Joined
from services.accounts.passwords import AT_ONCE, MOST_WAITING, Passwords
from tests.unit.services.accounts.town import Town, newcomer
from tests.waiting import eventually


class Gate:
    """Holds every hash until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._open = threading.Event()
        self.begun = 0
        monkeypatch.setattr("argon2.PasswordHasher.hash", self._hash)

    def _hash(self, password: str) -> str:
        self.begun += 1
        assert self._open.wait(30)
        return f"hash of {password}"

    def open(self) -> None:
        """Let them all through."""
        self._open.set()


@pytest.fixture
def passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Passwords, Gate]]:
    """Passwords whose hashing is held."""
    passwords = Passwords()
    gate = Gate(monkeypatch)
    yield passwords, gate
    gate.open()


async def test_whoever_comes_when_the_queue_is_full_is_asked_to_come_again(passwords: tuple[Passwords, Gate]) -> None:
    hashes, gate = passwords
    queue = [asyncio.create_task(hashes.hash("x" * 8)) for _ in range(AT_ONCE + MOST_WAITING)]
    await eventually(lambda: gate.begun == AT_ONCE)
    for one_more in (hashes.hash("y" * 8), hashes.verify("y" * 8, None)):
        with pytest.raises(Problem) as refused:
            await one_more
        assert refused.value.kind == UNAVAILABLE
        assert int(refused.value.headers["Retry-After"]) > 0
    gate.open()
    assert set(await asyncio.gather(*queue)) == {"hash of xxxxxxxx"}
    assert await hashes.hash("z" * 8) == "hash of zzzzzzzz"


async def test_whoever_gives_up_while_waiting_makes_room(passwords: tuple[Passwords, Gate]) -> None:
    hashes, gate = passwords
    queue = [asyncio.create_task(hashes.hash("x" * 8)) for _ in range(AT_ONCE + MOST_WAITING)]
    await eventually(lambda: gate.begun == AT_ONCE)
    queue[-1].cancel()
    await asyncio.gather(queue[-1], return_exceptions=True)
    one_more = asyncio.create_task(hashes.hash("y" * 8))
    gate.open()
    assert await one_more == "hash of yyyyyyyy"
    await asyncio.gather(*queue[:-1])


async def test_a_handle_is_not_held_while_its_password_is_hashed(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = town.process(), town.process()
    waits = asyncio.Event()

    async def held(password: str) -> str:
        await waits.wait()
        return "a hash"

    monkeypatch.setattr(slow._passwords, "hash", held)
    waiting = asyncio.create_task(slow.register(new_id(), new_id(), newcomer()))
    assert isinstance(await quick.register(new_id(), new_id(), newcomer()), Joined)
    waits.set()
    assert isinstance(await waiting, Problem)
    assert len(await town.registered("amy")) == 1


async def test_a_handle_that_is_taken_costs_no_hash(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(await town.process().register(new_id(), new_id(), newcomer()), Joined)
    another = town.process()

    async def never(password: str) -> str:
        raise AssertionError("hashed for nothing")

    monkeypatch.setattr(another._passwords, "hash", never)
    assert isinstance(await another.register(new_id(), new_id(), newcomer()), Problem)


def test_as_many_passwords_are_hashed_at_once_as_the_container_has_cores_not_its_node(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 32)
    monkeypatch.setattr("libs.cores.usable_cores", lambda: 2)
    assert runpy.run_path(passwords_module.__file__)["AT_ONCE"] == 2
