"""The aiohttp application: the services' routes, and the few that are the gateway's own."""

import msgspec
from aiohttp import web

from libs.http.openapi import document
from services.gateway.endpoint import Endpoint
from services.gateway.own import Own
from services.gateway.parts import Parts
from services.gateway.unrouted import mount_unrouted

_MARGIN = 1024


def build_app(parts: Parts) -> web.Application:
    """The application. Raises ValueError where two routes share an address or a name.

    No middleware: each would cost every request a tenth of what aiohttp itself takes.
    """
    largest = max((route.max_body for route in parts.routes), default=0)
    app = web.Application(client_max_size=largest + _MARGIN)
    for route in parts.routes:
        endpoint = Endpoint(route, parts)
        app.router.add_route(route.method, route.template, endpoint)
        if route.method == "GET":
            app.router.add_route("HEAD", route.template, endpoint)
    Own(parts, msgspec.json.encode(document(parts.routes, version=parts.version))).mount(app.router)
    mount_unrouted(app.router)
    return app
