"""One keep-alive connection to a gateway, one request at a time.

The client shares the machine with what it measures, and aiohttp's client takes more of it than the gateway itself
takes for a read. So this one knows just the HTTP/1.1 that our gateway speaks: every answer has a Content-Length or no
body at all.
"""

import asyncio
from typing import NamedTuple, cast

import msgspec

from qiao.load.gateway import Gateway

TIMEOUT = 30.0
"""Seconds that a request may take, connecting included."""

_END = b"\r\n\r\n"
_BODILESS = (204, 304)


class GatewayAway(Exception):
    """The gateway cannot be reached, hung up or does not answer."""


class Reply(NamedTuple):
    """An answer. `head` is the status line and the headers as they came."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str | None:
        """A header's value; None where there is none."""
        begin = self.head.lower().find(b"\r\n" + name.lower().encode() + b":")
        if begin < 0:
            return None
        begin += len(name) + 3
        return self.head[begin : self.head.find(b"\r\n", begin)].strip().decode("latin-1")

    @property
    def code(self) -> str:
        """The code of a problem; empty where the body is none."""
        try:
            return msgspec.json.decode(self.body, type=_Coded).code
        except msgspec.DecodeError:
            return ""


class _Coded(msgspec.Struct):
    code: str = ""


class Connection(asyncio.Protocol):
    """Made by `connect`. Owned by one task."""

    def __init__(self) -> None:
        """Not connected yet."""
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._waiting: asyncio.Future[Reply] | None = None

    @property
    def open(self) -> bool:
        """Whether another request may be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def request(self, data: bytes) -> Reply:
        """Send these bytes, a whole request, and wait for its answer. Raises GatewayAway."""
        if self._transport is None:
            raise GatewayAway("not connected")
        self._received = b""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._waiting
        except TimeoutError:
            raise GatewayAway(f"no answer within {TIMEOUT:g} s") from None
        finally:
            if not self._waiting.done() or self._waiting.cancelled():
                self.close()  # what comes late must not be taken for the answer to something else
            self._waiting = None

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(GatewayAway(f"the gateway hung up: {exc or 'connection closed'}"))

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._received = received = self._received + data if self._received else data
        end = received.find(_END)
        if end < 0 or self._waiting is None or self._waiting.done():
            return
        head = received[: end + 2]
        status = int(head[9:12])
        begin, length = end + len(_END), 0 if status in _BODILESS else _length(head)
        if len(received) >= begin + length:
            self._waiting.set_result(Reply(status, head, received[begin : begin + length]))
            if b"\r\nconnection: close" in head.lower():
                self.close()


def _length(head: bytes) -> int:
    low = head.lower()
    begin = low.find(b"\r\ncontent-length:")
    return int(low[begin + 17 : low.find(b"\r\n", begin + 17)]) if begin >= 0 else 0


async def connect(gateway: Gateway) -> Connection:
    """A new connection. Raises GatewayAway."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(TIMEOUT):
            _, connection = await loop.create_connection(
                Connection, gateway.host, gateway.port, ssl=gateway.tls or None
            )
    except (OSError, TimeoutError) as error:
        raise GatewayAway(f"nobody answers at {gateway.url}: {error}") from error
    return connection
