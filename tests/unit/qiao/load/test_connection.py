"""The client speaks the HTTP that our gateway speaks, however it comes in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from qiao.load import Gateway, GatewayAway, Lane, each

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nQiao-Position: abc\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def _gateway(answer: Answer) -> AsyncIterator[Gateway]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await answer(head, writer)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield Gateway(host="127.0.0.1", port=server.sockets[0].getsockname()[1])


async def test_an_answer_is_whole_however_it_is_cut() -> None:
    async def byte_by_byte(head: bytes, writer: asyncio.StreamWriter) -> None:
        for byte in OK:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    async with _gateway(byte_by_byte) as gateway:
        reply = await Lane(gateway).request("GET", "/v1/home")
    assert (reply.status, reply.body) == (200, b"{}")
    assert reply.header("qiao-position") == "abc"
    assert reply.header("Qiao-Stale") is None


async def test_an_answer_without_a_body_is_whole_at_its_head() -> None:
    async def done(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 204 No Content\r\nServer: qiao\r\n\r\n")

    async with _gateway(done) as gateway:
        lane = Lane(gateway)
        assert [(await lane.request("PUT", "/x")).status for _ in range(3)] == [204] * 3


async def test_a_request_carries_what_it_was_given() -> None:
    heads: list[str] = []

    async def note(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head.decode())
        writer.write(OK)

    async with _gateway(note) as gateway:
        await Lane(gateway).request("POST", "/v1/posts", token="t", body={"text": "猫"}, key="k", wait_for="p")
    assert heads[0].startswith(f"POST /v1/posts HTTP/1.1\r\nHost: {gateway.authority}\r\n")
    for line in ("Authorization: Bearer t", "Idempotency-Key: k", "Qiao-Wait-For: p", "Content-Length: 14"):
        assert f"\r\n{line}\r\n" in heads[0]


async def test_a_connection_that_was_closed_is_made_again() -> None:
    async def once(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK.replace(b"Content-Length", b"Connection: close\r\nContent-Length"))
        writer.close()

    async with _gateway(once) as gateway:
        lane = Lane(gateway)
        assert [(await lane.request("GET", "/")).status for _ in range(3)] == [200] * 3


async def test_a_gateway_that_hangs_up_is_away() -> None:
    async def hang_up(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with _gateway(hang_up) as gateway:
        with pytest.raises(GatewayAway, match="hung up"):
            await Lane(gateway).request("GET", "/")
    with pytest.raises(GatewayAway, match=str(gateway.port)):
        await Lane(gateway).request("GET", "/")


async def test_every_job_is_done_once_on_some_lane() -> None:
    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)

    done: list[int] = []

    async def one(lane: Lane, job: int) -> None:
        await lane.request("GET", f"/{job}")
        done.append(job)

    async with _gateway(answer) as gateway:
        await each(gateway, 4, range(50), one)
    assert sorted(done) == list(range(50))


async def test_the_first_error_ends_all_lanes() -> None:
    async def one(lane: Lane, job: int) -> None:
        if job == 3:
            raise RuntimeError("no. 3")
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match=r"no\. 3"):
        await each(Gateway(host="127.0.0.1", port=9), 4, range(1, 9), one)
