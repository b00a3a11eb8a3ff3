"""`python -m bench.bare.sink PORT`: a collector that takes spans over OTLP/HTTP and forgets them."""

import sys

import uvloop
from aiohttp import web

from bench.bare.serving import serve


async def main(port: int) -> None:
    """Every export gets 200 and an empty answer."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(content_type="application/x-protobuf")

    application = web.Application(client_max_size=1 << 26)
    application.router.add_post("/v1/traces", take)
    await serve(application, port)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
