"""The aiohttp application: the services' routes, and the few that are the gateway's own."""

from collections.abc import Mapping

import msgspec
from aiohttp import web

from libs.http.openapi import document
from libs.telemetry import metrics
from services.gateway.browsing import Browsing
from services.gateway.endpoint import Endpoint
from services.gateway.health import Check, Lifecycle
from services.gateway.outages import Outages
from services.gateway.own import Own, mount_description
from services.gateway.parts import Parts
from services.gateway.unrouted import mount_unrouted

_MARGIN = 1024


def build_app(parts: Parts) -> web.Application:
    """The application. Raises ValueError where two routes share an address or a name.

    No middleware: each would cost every request a tenth of what aiohttp itself takes.
    """
    largest = max((route.max_body for route in parts.routes), default=0)
    metrics.none_yet("requests")
    app = web.Application(client_max_size=largest + _MARGIN)
    outages = Outages()
    for route in parts.routes:
        answer = Endpoint(route, parts, outages).answer
        app.router.add_route(route.method, route.template, answer)
        if route.method == "GET":
            app.router.add_route("HEAD", route.template, answer)
    if parts.pages is not None:
        Browsing(parts.pages, parts).mount(app.router)
    mount_description(app.router, msgspec.json.encode(document(parts.routes, version=parts.version)))
    return _finished(app, parts.checks, parts.lifecycle)


def build_health_app(checks: Mapping[str, Check], lifecycle: Lifecycle) -> web.Application:
    """An application of just /livez, /readyz and /metrics, for a process that serves no clients."""
    return _finished(web.Application(), checks, lifecycle)


def _finished(app: web.Application, checks: Mapping[str, Check], lifecycle: Lifecycle) -> web.Application:
    Own(checks, lifecycle).mount(app.router)
    mount_unrouted(app.router)
    return app
