"""A client as the tests need it: it reads its own writes, by the positions that the gateway gave it."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

import aiohttp
from yarl import URL

PASSWORD = "a good password"
POSITIONS = 8
"""As many as a Qiao-Wait-For may hold."""


class Reply(NamedTuple):
    """An answer: its body is what the JSON holds, None where there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of a problem."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        assert self.body["status"] == self.status
        return self.status, self.body["code"]

    @property
    def fields(self) -> list[str]:
        """The fields that a problem names."""
        return [error["field"] for error in self.body.get("errors", [])]


class Api:
    """One gateway. Every read waits for the last writes that this object has made, whoever made them."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """`session` is closed by who made it."""
        self._session, self._url = session, url
        self._positions: deque[str] = deque(maxlen=POSITIONS)

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = "",
        headers: Mapping[str, str] | None = None,
        wait: bool = True,
    ) -> Reply:
        """One request; the path goes out as it is, percent-encoded or not."""
        sent = dict(headers or {})
        if token:
            sent.setdefault("Authorization", f"Bearer {token}")
        if wait and self._positions:
            sent.setdefault("Qiao-Wait-For", ",".join(self._positions))
        url = URL(f"{self._url}{path}", encoded=True)
        async with self._session.request(method, url, json=body, headers=sent) as response:
            content = await response.read()
            if position := response.headers.get("Qiao-Position"):
                self._positions.append(position)
            assert "Qiao-Stale" not in response.headers, f"{method} {path} was not folded in time"
            return Reply(response.status, response.headers, await response.json(content_type=None) if content else None)

    async def register(self, handle: str, **changes: object) -> Reply:
        """Join under this very handle."""
        body = {"handle": handle, "password": PASSWORD, "display_name": handle, "reads": ["en", "zh"], "writes": "en"}
        return await self.send("POST", "/v1/accounts", body | changes)

    async def someone(self, name: str = "someone", **changes: object) -> "Someone":
        """A new account, under a handle that nobody else has."""
        reply = await self.register(f"{name}_{uuid4().hex[:10]}", **changes)
        assert reply.status == 201, reply
        return Someone(self, reply.body)


class Someone:
    """A signed-in account."""

    def __init__(self, api: Api, registered: Mapping[str, Any]) -> None:
        """As POST /v1/accounts answered."""
        self.api = api
        self.handle: str = registered["account"]["handle"]
        self.id: str = registered["account"]["id"]
        self.token: str = registered["access_token"]
        self.refresh_token: str = registered["refresh_token"]

    async def send(self, method: str, path: str, body: object = None, **more: Any) -> Reply:
        """A request of theirs."""
        return await self.api.send(method, path, body, token=self.token, **more)

    async def post(self, text: str, reply_to: str | None = None, **more: object) -> dict[str, Any]:
        """Say something; its card."""
        reply = await self.send("POST", "/v1/posts", {"text": text, "reply_to": reply_to} | more)
        assert reply.status == 201, reply
        return dict(reply.body)

    async def get(self, path: str) -> Any:
        """What stands there."""
        reply = await self.send("GET", path)
        assert reply.status == 200, reply
        return reply.body

    async def texts(self, path: str) -> list[str]:
        """The texts on the first page of a list."""
        return texts(await self.get(path))

    async def does(self, method: str, path: str, body: object = None) -> None:
        """Change something: 204."""
        reply = await self.send(method, path, body)
        assert reply.status == 204, reply

    async def follows(self, *others: "Someone") -> None:
        """Follow them all."""
        for other in others:
            await self.does("PUT", f"/v1/accounts/{other.handle}/follow")

    async def pages(self, path: str, limit: int) -> list[list[str]]:
        """All pages of a list, by the texts on them."""
        pages, cursor = list[list[str]](), ""
        while len(pages) < 100:
            page = await self.get(f"{path}?limit={limit}{cursor}")
            pages.append(texts(page))
            if page["next_cursor"] is None:
                return pages
            cursor = f"&cursor={page['next_cursor']}"
        raise AssertionError(f"{path} has no end")


def texts(page: Mapping[str, Any]) -> list[str]:
    """The texts of a page."""
    items: Sequence[Mapping[str, Any]] = page["items"]
    return [card["text"] for card in items]
