"""A bare aiohttp server in a process of its own, until SIGTERM."""

import asyncio
import signal

from aiohttp import web


async def serve(application: web.Application, port: int) -> None:
    """Listen on the loopback interface; /readyz says 200."""
    application.router.add_get("/readyz", _ready)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await runner.cleanup()


async def _ready(_: web.Request) -> web.Response:
    return web.Response()
