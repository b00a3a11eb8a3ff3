"""Health endpoints tell the truth."""

import asyncio
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from services.gateway.app import build_health_app
from services.gateway.health import Lifecycle, answers, clock_agrees
from tests.unit.services.gateway.conftest import Client, Open


async def ready(client: Client, query: str = "") -> tuple[int, Any]:
    async with client.get(f"/readyz{query}") as answer:
        return answer.status, await answer.json()


async def fine() -> str | None:
    return None


async def test_alive_is_whoever_answers(client: Client) -> None:
    async with client.get("/livez") as answer:
        assert (answer.status, await answer.json()) == (200, {"alive": True})


async def test_ready_lists_every_check(open_client: Open) -> None:
    client = await open_client(checks={"log": fine, "views": fine})
    assert await ready(client) == (
        200,
        {
            "ready": True,
            "draining": False,
            "checks": {"log": {"ok": True, "problem": ""}, "views": {"ok": True, "problem": ""}},
        },
    )


async def test_one_check_that_fails_makes_it_503_and_says_why(open_client: Open) -> None:
    async def behind() -> str | None:
        return "does not answer"

    status, body = await ready(await open_client(checks={"log": fine, "views": behind}))
    assert (status, body["ready"]) == (503, False)
    assert body["checks"]["views"] == {"ok": False, "problem": "does not answer"}
    assert body["checks"]["log"]["ok"]


async def test_what_is_excluded_is_told_and_decides_nothing(open_client: Open) -> None:
    async def away() -> str | None:
        return "does not answer"

    client = await open_client(checks={"log": away, "views": fine})
    assert (await ready(client))[0] == 503
    status, body = await ready(client, "?exclude=log")
    assert (status, body["ready"], body["checks"]["log"]["ok"]) == (200, True, False)
    assert (await ready(client, "?exclude=views"))[0] == 503


async def test_a_name_of_no_check_is_refused_by_name(open_client: Open) -> None:
    status, problem = await ready(await open_client(checks={"log": fine}), "?exclude=lag")
    assert (status, problem["detail"]) == (422, "The checks are: log.")


async def test_a_check_that_breaks_is_a_finding(open_client: Open) -> None:
    async def breaks() -> str | None:
        raise OSError("no route")

    status, body = await ready(await open_client(checks={"log": breaks}))
    assert (status, body["checks"]["log"]["problem"]) == (503, "OSError('no route')")


async def test_a_check_that_hangs_is_a_finding(open_client: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.health.CHECK_TIMEOUT", 0.01)

    async def hangs() -> str | None:
        await asyncio.Event().wait()
        return None

    status, body = await ready(await open_client(checks={"log": hangs}))
    assert status == 503
    assert "no answer" in body["checks"]["log"]["problem"]


async def test_asking_often_asks_the_stores_seldom(open_client: Open) -> None:
    asked = 0

    async def counted() -> str | None:
        nonlocal asked
        asked += 1
        return None

    client = await open_client(checks={"log": counted})
    await asyncio.gather(*(ready(client) for _ in range(20)))
    assert asked <= 3


async def test_while_draining_it_is_not_ready_though_all_is_well(open_client: Open) -> None:
    lifecycle = Lifecycle()
    client = await open_client(checks={"log": fine}, lifecycle=lifecycle)
    lifecycle.draining = True
    status, body = await ready(client)
    assert (status, body["draining"], body["checks"]["log"]["ok"]) == (503, True, True)


async def test_a_store_that_does_not_answer_is_named() -> None:
    class Store:
        async def healthy(self) -> bool:
            return False

    assert await answers(Store())() == "does not answer"


@pytest.mark.parametrize(("skew", "problem"), [(0.9, None), (-0.9, None), (1.5, "-1.5 s off"), (-3, "+3.0 s off")])
async def test_a_clock_more_than_a_second_off_is_named(skew: float, problem: str | None) -> None:
    found = await clock_agrees(lambda: skew)()
    assert found is None if problem is None else problem in str(found)


async def test_metrics_show_requests_by_route_and_never_by_path(client: Client) -> None:
    await (await client.get("/v1/notes/0190aaaa-0000-7000-8000-0000000000aa")).release()
    await (await client.get("/v1/unheard-of")).release()
    async with client.get("/metrics") as answer:
        shown = await answer.text()
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'qiao_http_request_seconds_count{method="GET",route="/v1/notes/{id}",status="404"}' in shown
    assert "0190aaaa" not in shown
    assert "unheard-of" not in shown


async def test_a_process_without_clients_has_the_same_health() -> None:
    async with TestClient(TestServer(build_health_app({"log": fine}, Lifecycle()))) as client:
        assert (await ready(client))[0] == 200
        async with client.get("/v1/notes") as answer:
            assert answer.status == 404
