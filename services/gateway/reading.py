"""From a request to a call: admitted, decoded, checked."""

from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from libs.events import moment_of
from libs.http import Call, Route
from libs.http.decoding import decode_body, decode_path, decode_query
from libs.http.ids import Ids
from libs.http.kinds import INVALID, MALFORMED
from libs.http.openapi.conventions import KEY_HEADER
from libs.http.positions import WAIT_HEADER, Position
from libs.http.problems import in_header, in_query
from libs.http.routes import Auth
from libs.http.tries import ONE_TRY
from libs.http.windows import network_of
from libs.telemetry import current_trace_id
from services.gateway.admitting import check_admin
from services.gateway.idempotency import Remembered
from services.gateway.parts import Parts
from services.gateway.requests import address_of, body_of, query_of, viewer_of


class RequestReader:
    """Reads the requests of one route. Every method raises Problem for what is wrong with the request."""

    def __init__(self, route: Route, parts: Parts) -> None:
        """Both stay as they are while the gateway runs."""
        self._route, self._parts = route, parts
        self._decoder: msgspec.json.Decoder[Any] | None = (
            msgspec.json.Decoder(route.body) if route.body is not None else None
        )

    async def read(self, request: web.Request) -> Call[Any, Any, Any]:
        """The call, once the caller is admitted and everything it sent is understood. Raises VaultUnavailable."""
        network = network_of(address_of(request, self._parts.trusted_proxies))
        viewer = self._admit(request, network)
        if self._route.auth is Auth.ADMIN:
            await check_admin(viewer, self._parts.admins)
        path, query = self._path(request), self._query(request)
        raw = b"" if self._decoder is None else await body_of(request, self._route.max_body)
        body = None if self._decoder is None else decode_body(self._decoder, raw)
        known = await self._remembered(request, viewer, raw) if KEY_HEADER in request.headers else None
        now = moment_of(known.seed) if known else self._parts.clock()
        ids, address = Ids(known.seed if known else None), request.rel_url.raw_path
        trace, cursors = current_trace_id(), self._parts.cursors
        return Call(body, path, query, viewer, now, trace, cursors, address, ids, known or ONE_TRY, network)

    def position(self, request: web.Request) -> Position | None:
        """What the caller wants to wait for, where the route waits for anything."""
        if not self._route.waits_for or WAIT_HEADER not in request.headers:
            return None
        return self._parts.positions.open(",".join(request.headers.getall(WAIT_HEADER)))

    def _admit(self, request: web.Request, network: str) -> UUID | None:
        """Counted by address before anything is checked, so that guessing tokens is limited, too."""
        limits = self._parts.limits
        if limits is not None:
            limits.count_network(network, self._route.rate)
        viewer = viewer_of(request, self._route.auth, self._parts.tokens)
        if limits is not None and viewer is not None:
            limits.count_account(viewer)
        return viewer

    def _path(self, request: web.Request) -> Any:
        return None if self._route.path is None else decode_path(self._route.path, request.match_info)

    def _query(self, request: web.Request) -> Any:
        values = query_of(request) if request.rel_url.raw_query_string else {}
        if self._route.query is not None:
            return decode_query(self._route.query, values)
        if values:
            raise INVALID("", *(in_query(name, "is not known here") for name in list(values)[:1]))
        return None

    async def _remembered(self, request: web.Request, viewer: UUID | None, raw: bytes) -> Remembered | None:
        """By method it is a POST's alone: the others may be repeated as they are."""
        if self._route.method != "POST":
            return None
        key, *others = request.headers.getall(KEY_HEADER)
        if others:
            raise MALFORMED("", in_header(KEY_HEADER, "is there more than once"))
        return await self._parts.idempotency.remember(viewer, key, f"POST {request.rel_url.raw_path}", raw)
