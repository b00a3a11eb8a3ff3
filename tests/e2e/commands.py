"""The real command, as a process of its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping

QIAO = (sys.executable, "-m", "qiao")
TIMEOUT = 60.0


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's variables, with these QIAO_* ones and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QIAO_")}
    return kept | {"NO_COLOR": "1", "COLUMNS": "200"} | dict(settings)


def qiao(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `qiao ARGUMENTS` to its end with these variables, whatever its exit status."""
    return subprocess.run(
        [*QIAO, *arguments], env=environment(settings), capture_output=True, text=True, timeout=TIMEOUT, check=False
    )


async def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`qiao`, without blocking the loop."""
    return await asyncio.to_thread(qiao, *arguments, **settings)
