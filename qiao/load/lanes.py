"""Lanes: a few connections that work through jobs, each one request at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import msgspec

from qiao.load.connection import Connection, Reply, connect
from qiao.load.gateway import Gateway

J = TypeVar("J")

Done = Callable[[], object]
"""Told of every job that is done: for a progress bar."""

_encode = msgspec.json.Encoder().encode


def nobody() -> None:
    """Nobody wants to know."""


class Lane:
    """A connection that is made again where it was lost."""

    def __init__(self, gateway: Gateway) -> None:
        """Connects with the first request."""
        self._gateway = gateway
        self._connection: Connection | None = None
        self._host = f" HTTP/1.1\r\nHost: {gateway.authority}\r\n"

    async def request(
        self,
        method: str,
        target: str,
        *,
        token: str = "",
        body: object = None,
        key: str = "",
        wait_for: str = "",
    ) -> Reply:
        """One request, its body encoded as JSON. Raises GatewayAway."""
        content = b"" if body is None else _encode(body)
        head = [method, " ", target, self._host]
        if token:
            head += ("Authorization: Bearer ", token, "\r\n")
        if wait_for:
            head += ("Qiao-Wait-For: ", wait_for, "\r\n")
        if key:
            head += ("Idempotency-Key: ", key, "\r\n")
        if body is not None:
            head.append(f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n")
        head.append("\r\n")
        return await (await self._connected()).request("".join(head).encode() + content)

    async def _connected(self) -> Connection:
        if self._connection is None or not self._connection.open:
            self._connection = await connect(self._gateway)
        return self._connection

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()


async def each(
    gateway: Gateway,
    connections: int,
    jobs: Iterable[J],
    do: Callable[[Lane, J], Awaitable[object]],
    done: Done = nobody,
) -> None:
    """Do every job on one of the lanes, in their order as far as lanes come free. Raises the first error of a job."""
    waiting = iter(jobs)

    async def work(lane: Lane) -> None:
        for job in waiting:
            await do(lane, job)
            done()

    lanes = [Lane(gateway) for _ in range(connections)]
    tasks = [asyncio.create_task(work(lane)) for lane in lanes]
    try:
        for task in asyncio.as_completed(tasks):
            await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # the first error is on its way up already
        for lane in lanes:
            lane.close()
