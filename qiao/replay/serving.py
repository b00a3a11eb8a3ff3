"""A gateway over a replay: the platform as it was at that moment, for reading only, and marked as a replay."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from libs.events import Keys, SealingKey
from libs.http import Auth, Cursors, Positions, Problem, Route, Tokens, Waits
from libs.http.calls import Call
from libs.http.kinds import READ_ONLY
from libs.projections import ViewProgress
from libs.vault import Vault
from libs.vault.keys import KeyRing
from libs.vault.sqlite import open_vault
from qiao.replay.scratch import Scratch
from qiao.secrets import Secrets
from qiao.services import projections, routes
from qiao.settings import Settings
from qiao.sources import Source
from qiao.stores import Stores
from qiao.times import from_ms
from services.gateway.app import build_app
from services.gateway.health import Lifecycle, answers
from services.gateway.idempotency import Idempotency
from services.gateway.parts import Parts
from services.gateway.server import Listening, Server

HEADER = "Qiao-Replay"
"""On every answer: the moment that it shows."""

TOKEN_SECONDS = 24 * 3600


class SourceKeys(KeyRing):
    """The keys of the source, where a gateway expects a key ring. It makes none and destroys none."""

    def __init__(self, keys: Keys, vault: Vault) -> None:
        """`vault` is the replay's own, and empty."""
        super().__init__(vault, secrets.token_bytes(32))
        self._source = keys

    async def key_for(self, account: UUID) -> SealingKey | None:
        """See `Keys`."""
        return await self._source.key_for(account)

    async def keys_for(self, accounts: Iterable[UUID]) -> Mapping[UUID, SealingKey]:
        """See `Keys`."""
        return await self._source.keys_for(accounts)


class ReplayServer:
    """A started server, and who may be looked through."""

    def __init__(self, server: Server, tokens: Tokens) -> None:
        """Made by `serving`."""
        self.port = server.port
        self._tokens = tokens

    def token(self, account: UUID) -> str:
        """An access token that shows what this account would see."""
        return self._tokens.issue(account)


@asynccontextmanager
async def serving(
    settings: Settings, source: Source, scratch: Scratch, host: str, port: int
) -> AsyncIterator[ReplayServer]:
    """Serve the folder for as long as the block lasts. Raises OSError where the address is taken."""
    vault = await open_vault(scratch.directory / "vault.db")
    keys = Secrets(signing=(secrets.token_bytes(32),), master_key=secrets.token_bytes(32))
    stores = Stores(log=source.log, views=scratch.views, vault=vault, keys=SourceKeys(source.keys, vault), secrets=keys)
    tokens = Tokens({"replay": secrets.token_bytes(32)}, lifetime=TOKEN_SECONDS)
    lifecycle = Lifecycle()
    app = build_app(_parts(settings, stores, tokens, lifecycle, scratch.note.as_of))
    app.on_response_prepare.append(_marked(from_ms(scratch.note.as_of).isoformat()))
    server = Server(app, lifecycle, Listening(host=host, port=port))
    try:
        await server.start()
        yield ReplayServer(server, tokens)
    finally:
        await server.drain()
        await vault.close()


def _parts(settings: Settings, stores: Stores, tokens: Tokens, lifecycle: Lifecycle, as_of: int) -> Parts:
    derived = stores.secrets.derived
    topics = {projection.name: projection.topics for projection in projections(settings)}
    return Parts(
        routes=[_for_reading(route) for route in routes(stores, tokens)],
        tokens=tokens,
        cursors=Cursors(derived("cursors")),
        positions=Positions(derived("positions")),
        waits=Waits(ViewProgress(stores.views, stores.vault), topics),
        idempotency=Idempotency(stores.vault, *derived("idempotency")),
        checks={"views": answers(stores.views)},
        lifecycle=lifecycle,
        clock=lambda: from_ms(as_of),
        version=version("qiao"),
    )


def _for_reading(route: Route) -> Route:
    """What changes something is refused before anything of it is read."""
    if route.method == "GET":
        return route

    async def refuse(call: Call[Any, Any, Any]) -> Problem:
        return READ_ONLY()

    # The document names each operation after its handler.
    refuse.__name__ = route.handler.__name__
    return msgspec.structs.replace(route, handler=refuse, body=None, auth=Auth.NONE, waits_for=())


def _marked(moment: str) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    async def mark(_: web.Request, response: web.StreamResponse) -> None:
        response.headers[HEADER] = moment

    return mark
