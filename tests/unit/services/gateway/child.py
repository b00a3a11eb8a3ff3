"""A gateway process for the tests of `processes`: python -m tests.unit.services.gateway.child PORT DIRECTORY."""

import asyncio
import os
import sys
from pathlib import Path

from libs.http import Cursors, Positions, Tokens, Waits
from libs.vault.sqlite import open_vault
from services.gateway.app import build_app
from services.gateway.health import Lifecycle
from services.gateway.idempotency import Idempotency
from services.gateway.parts import Parts
from services.gateway.server import Listening, Server, stop_requested
from tests.unit.services.gateway.notes import Notes, routes

SECRET = b"a secret of the tests, 32 bytes."


async def main(port: int, directory: Path) -> None:
    """Serve until told to stop. Leaves a file named by its pid while it listens."""
    notes, lifecycle = Notes(), Lifecycle()
    vault = await open_vault(directory / f"vault-{os.getpid()}.db")
    await vault.migrate()
    parts = Parts(
        routes=routes(notes),
        tokens=Tokens({"k1": SECRET}),
        cursors=Cursors([SECRET]),
        positions=Positions([SECRET]),
        waits=Waits(notes, {"notes": ["notes"]}),
        idempotency=Idempotency(vault, SECRET),
        checks={},
        lifecycle=lifecycle,
    )
    server = Server(build_app(parts), lifecycle, Listening(port=port, shared=True))
    with stop_requested() as stop:
        await server.start()
        listens = directory / f"{os.getpid()}.pid"
        listens.touch()
        await stop.wait()
        await server.drain()
        listens.unlink()
    await vault.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
