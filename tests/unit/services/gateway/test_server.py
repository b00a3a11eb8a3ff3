"""A server that ends without losing a request."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from libs.http.kinds import MALFORMED
from libs.http.problems import Problem
from services.gateway import requests
from services.gateway.app import build_app
from services.gateway.health import Lifecycle
from services.gateway.parts import Parts
from services.gateway.server import Listening, Server, stop_requested
from tests.unit.services.gateway.notes import Notes
from tests.waiting import eventually


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that keeps its connections."""
    async with aiohttp.ClientSession() as session:
        yield session


async def started(parts: Parts, **settings: Any) -> Server:
    lifecycle = Lifecycle()
    app = build_app(msgspec.structs.replace(parts, lifecycle=lifecycle))
    server = Server(app, lifecycle, Listening(port=0, **settings))
    await server.start()
    return server


async def status(session: aiohttp.ClientSession, server: Server, path: str) -> int:
    async with session.get(f"http://127.0.0.1:{server.port}{path}") as answer:
        await answer.read()
        return answer.status


async def test_it_answers_where_it_says_it_listens(parts: Parts, session: aiohttp.ClientSession) -> None:
    server = await started(parts)
    assert await status(session, server, "/v1/whoami") == 200
    await server.drain()


async def test_whoever_hangs_up_within_their_body_is_no_failure_of_ours(
    parts: Parts,
    signed_in: dict[str, str],
    session: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began, refusals = asyncio.Event(), list[Exception]()
    received = requests.received

    async def watched(request: web.Request, max_body: int) -> bytes:
        began.set()
        try:
            return await received(request, max_body)
        except Exception as refusal:
            refusals.append(refusal)
            raise

    monkeypatch.setattr(requests, "received", watched)
    server = await started(parts)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    lines = ["POST /v1/notes HTTP/1.1", "Host: here", f"Authorization: {signed_in['Authorization']}"]
    lines += ["Content-Type: application/json", "Content-Length: 100", "", "{"]
    writer.write("\r\n".join(lines).encode())
    await began.wait()
    writer.transport.abort()
    await eventually(lambda: refusals)
    [refusal] = refusals
    assert isinstance(refusal, Problem)
    assert refusal.kind == MALFORMED
    assert await status(session, server, "/v1/broken") == 500
    await server.drain()
    [logged] = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert "broken" in logged


async def test_a_request_in_flight_is_finished_before_it_ends(
    parts: Parts, notes: Notes, session: aiohttp.ClientSession
) -> None:
    server = await started(parts)
    port = server.port
    slow = asyncio.create_task(status(session, server, "/v1/slow"))
    await eventually(lambda: notes.held)
    draining = asyncio.create_task(server.drain())
    await eventually(lambda: refused(port))
    assert not draining.done()
    notes.hold.set()
    assert await slow == 204
    await draining


async def refused(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    writer.close()
    await writer.wait_closed()
    return False


async def test_during_the_delay_it_says_not_ready_serves_on_and_closes_connections(
    parts: Parts, session: aiohttp.ClientSession
) -> None:
    server = await started(parts, drain_delay=0.5)
    assert await status(session, server, "/readyz") == 200
    draining = asyncio.create_task(server.drain())
    await eventually(lambda: not_ready(session, server))
    async with session.get(f"http://127.0.0.1:{server.port}/v1/whoami") as answer:
        assert (answer.status, answer.headers["Connection"]) == (200, "close")
    await draining


async def not_ready(session: aiohttp.ClientSession, server: Server) -> bool:
    return await status(session, server, "/readyz") == 503


async def test_a_request_that_never_ends_is_cut_off_after_the_bound(
    parts: Parts, notes: Notes, session: aiohttp.ClientSession
) -> None:
    server = await started(parts, finish=0.1)
    slow = asyncio.create_task(status(session, server, "/v1/slow"))
    await eventually(lambda: notes.held)
    await asyncio.wait_for(server.drain(), timeout=5)
    with pytest.raises(aiohttp.ClientError):
        await slow


async def test_an_idle_connection_does_not_hold_it_up(parts: Parts, session: aiohttp.ClientSession) -> None:
    server = await started(parts, finish=60)
    await status(session, server, "/v1/whoami")
    await asyncio.wait_for(server.drain(), timeout=5)


async def test_draining_twice_is_draining_once(parts: Parts) -> None:
    server = await started(parts)
    await server.drain()
    await server.drain()


async def test_headers_above_8_kib_are_refused(parts: Parts, session: aiohttp.ClientSession) -> None:
    server = await started(parts)
    async with session.get(f"http://127.0.0.1:{server.port}/v1/whoami", headers={"X-Long": "x" * 9_000}) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
        assert (await answer.json(content_type=None))["code"] == "malformed"
    await server.drain()


async def test_what_is_no_http_is_refused_as_a_problem(parts: Parts) -> None:
    server = await started(parts)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"\x16\x03\x01 hello\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), timeout=5)
    writer.close()
    assert answer.startswith(b"HTTP/1.0 400 ")
    assert b"urn:qiao:problem:malformed" in answer
    await server.drain()


async def sent(server: Server, head: str) -> tuple[str, dict[str, str], Any]:
    """Status line, headers and problem that a request is answered with, byte for byte as it stands."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head.encode() + b"\r\nHost: here\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 10)  # to the end: the connection is closed after it
    writer.close()
    top, _, body = answer.decode().partition("\r\n\r\n")
    first, *lines = top.split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines), msgspec.json.decode(body)


@pytest.mark.parametrize(
    "line", ["GET /v1/whoami", "GET /livez", "GET /v1/openapi.json", "GET /v1/nowhere", "PUT /v1/notes", "OPTIONS *"]
)
async def test_whoever_expects_what_is_not_known_here_gets_a_problem_that_names_the_header(
    parts: Parts, line: str
) -> None:
    server = await started(parts)
    first, headers, body = await sent(server, f"{line} HTTP/1.1\r\nExpect: 100-continued")
    assert first == "HTTP/1.1 400 Bad Request"
    assert headers["Content-Type"] == "application/problem+json"
    assert (body["code"], [(error["in"], error["field"]) for error in body["errors"]]) == (
        "malformed",
        [("header", "Expect")],
    )
    await server.drain()


@pytest.mark.parametrize("expect", ["100-continue", "100-Continue"])
async def test_whoever_waits_for_100_continue_before_the_body_is_told_to_go_on(
    parts: Parts, signed_in: dict[str, str], expect: str
) -> None:
    server = await started(parts)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    lines = ["POST /v1/notes HTTP/1.1", "Host: here", f"Authorization: {signed_in['Authorization']}"]
    lines += ["Content-Type: application/json", "Content-Length: 13", f"Expect: {expect}", "", ""]
    writer.write("\r\n".join(lines).encode())
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b'{"text": "a"}')
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 201 ")
    writer.close()
    await server.drain()


@pytest.mark.parametrize("line", ["OPTIONS *", "CONNECT example.org:443"])
async def test_what_names_no_path_is_404_as_a_problem(parts: Parts, line: str) -> None:
    server = await started(parts)
    first, headers, body = await sent(server, f"{line} HTTP/1.1\r\nAccept-Language: zh")
    assert first == "HTTP/1.1 404 Not Found"
    assert headers["Content-Type"] == "application/problem+json"
    assert (body["code"], headers["Content-Language"]) == ("not-found", "zh")
    assert body["request_id"] == headers["Qiao-Request-Id"]
    await server.drain()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_asks_to_stop(number: signal.Signals) -> None:
    with stop_requested() as stop:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), timeout=5)
