"""`python -m bench.bare.constant PORT BYTES`: answers every request of the mix with the same bytes."""

import sys

import uvloop
from aiohttp import web

from bench.bare.serving import serve


async def main(port: int, size: int) -> None:
    """Reads get 200 and `size` bytes, posts get 201 and the same."""
    body = b" " * size

    async def read(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    async def write(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, content_type="application/json", status=201)

    application = web.Application()
    application.router.add_get("/v1/home", read)
    application.router.add_get("/v1/accounts/{handle}/posts", read)
    application.router.add_post("/v1/posts", write)
    await serve(application, port)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
