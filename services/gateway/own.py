"""The gateway's own addresses: for the platform that runs it, and the description of all others."""

import asyncio
from collections.abc import Mapping

import msgspec
from aiohttp import web

from libs.http.kinds import INVALID
from libs.http.problems import in_query
from libs.telemetry import exposition
from libs.telemetry.exposition import CONTENT_TYPE
from services.gateway.health import Check, Health, Lifecycle
from services.gateway.responses import COMMON, problem_response


class Own:
    """Answers /livez, /readyz and /metrics."""

    def __init__(self, checks: Mapping[str, Check], lifecycle: Lifecycle) -> None:
        """`checks` by the name that /readyz shows."""
        self._health = Health(checks, lifecycle)

    def mount(self, router: web.UrlDispatcher) -> None:
        """Add them."""
        router.add_get("/livez", self.livez)
        router.add_get("/readyz", self.readyz)
        router.add_get("/metrics", self.metrics)

    async def livez(self, request: web.Request) -> web.Response:
        """That this is answered says it all: the process and its loop are alive."""
        return _json(b'{"alive":true}')

    async def readyz(self, request: web.Request) -> web.Response:
        """Whether requests should be sent here, and why not. `?exclude=log` asks it of all but that check: without the
        log nothing can be written, but everything can be read.
        """
        exclude = request.query.getall("exclude", [])
        unknown = [name for name in exclude if name not in self._health.names]
        if unknown:
            known = ", ".join(self._health.names)
            return problem_response(INVALID(f"The checks are: {known}.", in_query("exclude", "names no check")))
        readiness = await self._health.ready(exclude)
        return _json(msgspec.json.encode(readiness), 200 if readiness.ready else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        """All metrics, for Prometheus."""
        text = await asyncio.to_thread(exposition)
        return web.Response(body=text, headers=COMMON | {"Content-Type": CONTENT_TYPE})


def mount_description(router: web.UrlDispatcher, description: bytes) -> None:
    """Answer /v1/openapi.json with the document, which is JSON already."""

    async def openapi(request: web.Request) -> web.Response:
        return _json(description)

    router.add_get("/v1/openapi.json", openapi)


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, headers=COMMON | {"Content-Type": "application/json"})
