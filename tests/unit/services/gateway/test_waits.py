"""Reading one's own writes through the gateway."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from libs.telemetry.metrics import REGISTRY
from tests.unit.services.gateway.conftest import Client, Open
from tests.unit.services.gateway.notes import Notes
from tests.waiting import eventually


@pytest.fixture
async def position(client: Client, signed_in: dict[str, str]) -> str:
    """Where a write stands."""
    async with client.post("/v1/notes", json={"text": "a"}, headers=signed_in) as answer:
        return answer.headers["Qiao-Position"]


async def look(client: Client, wait_for: str) -> tuple[int, str | None, Any]:
    async with client.get("/v1/notes", headers={"Qiao-Wait-For": wait_for}) as answer:
        return answer.status, answer.headers.get("Qiao-Stale"), await answer.json(content_type=None)


async def test_a_read_waits_until_the_write_is_folded(client: Client, notes: Notes, position: str) -> None:
    asked = notes.reached

    async def fold_at_the_third_look(projection: str, topic: str, partition: int) -> int:
        notes.held += 1
        notes.folded = 1 if notes.held >= 3 else 0
        return await asked(projection, topic, partition)

    notes.reached = fold_at_the_third_look  # type: ignore[method-assign]
    status, stale, _ = await look(client, position)
    assert (status, stale) == (200, None)
    assert notes.held >= 3


async def test_a_wait_that_takes_too_long_is_answered_and_marked_stale(client: Client, position: str) -> None:
    status, stale, _ = await look(client, position)
    assert (status, stale) == (200, "true")


async def test_waits_are_counted_by_whether_they_were_met(client: Client, notes: Notes, position: str) -> None:
    stale, met = waited("stale"), waited("met")
    await look(client, position)
    assert (waited("stale"), waited("met")) == (stale + 1, met)
    notes.folded = 1
    await look(client, position)
    assert (waited("stale"), waited("met")) == (stale + 1, met + 1)


def waited(outcome: str) -> float:
    return REGISTRY.get_sample_value("qiao_wait_seconds_count", {"outcome": outcome}) or 0.0


@pytest.mark.parametrize("made_up", ["", "x", "posts:1:2", "a.b", ","])
async def test_a_position_that_was_not_given_is_400_and_named(client: Client, made_up: str) -> None:
    status, _, refused = await look(client, made_up)
    assert status == 400
    assert [(error["in"], error["field"]) for error in refused["errors"]] == [("header", "Qiao-Wait-For")]


async def test_a_waiting_request_holds_up_nobody(client: Client, notes: Notes, position: str) -> None:
    waiting = asyncio.create_task(look(client, position))
    async with client.get("/v1/whoami") as answer:
        assert answer.status == 200
    notes.folded = 1
    assert await eventually(waiting.done)
    await waiting


async def test_what_a_request_reads_is_pinned_once_it_has_waited_and_for_no_longer(
    open_client: Open, notes: Notes, position: str
) -> None:
    steps: list[str] = []
    asked = notes.reached

    async def reached(projection: str, topic: str, partition: int) -> int:
        steps.append("waits")
        notes.folded = 1
        return await asked(projection, topic, partition)

    @contextmanager
    def pin() -> Iterator[None]:
        steps.append("pinned")
        yield
        steps.append("free again")

    notes.reached = reached  # type: ignore[method-assign]
    await look(await open_client(pin=pin), position)
    assert steps == ["waits", "pinned", "free again"]
