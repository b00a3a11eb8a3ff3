"""Writers in a process of their own, to be killed or to be looked at from outside."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[5]

WRITE = """
import asyncio, sys
from pathlib import Path
from libs.log import Entry, TopicSpec
from libs.log.embedded import open_log

async def write(log, name: str) -> None:
    n = 0
    while True:
        [place] = await log.append([Entry("posts", name.encode(), f"{name} {n}".encode() + b"." * 400)])
        print(place.partition, place.offset, name, n, flush=True)
        n += 1

async def main() -> None:
    log = await open_log(Path(sys.argv[1]))
    await log.create([TopicSpec("posts", 2)])
    await asyncio.gather(*(write(log, f"writer-{n}") for n in range(16)))

asyncio.run(main())
"""


def start_writer(path: Path) -> subprocess.Popen[str]:
    """Appends to `posts` for ever; prints "partition offset writer n" once each append is acknowledged."""
    return subprocess.Popen([sys.executable, "-c", WRITE, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
