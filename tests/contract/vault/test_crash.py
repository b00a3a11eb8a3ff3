"""SQLite: what was acknowledged before the process was killed is there afterwards."""

import asyncio
import signal
import sys
from pathlib import Path

from libs.vault.sqlite import open_vault


async def _count_for_ever(path: Path) -> None:
    vault = await open_vault(path)
    await vault.migrate()
    number = 0
    while True:
        number += 1
        await asyncio.gather(*(vault.put("counter", str(n), b"%d" % number) for n in range(10)))
        print(number, flush=True)


async def test_an_acknowledged_write_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, str(path), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert process.stdout is not None
    acknowledged = 0
    while acknowledged < 20:
        acknowledged = int(await asyncio.wait_for(process.stdout.readline(), 30))
    process.send_signal(signal.SIGKILL)
    await process.wait()
    vault = await open_vault(path)
    values = [int((await vault.get("counter", str(n))).value) for n in range(10)]
    assert min(values) >= acknowledged
    await vault.close()


if __name__ == "__main__":
    asyncio.run(_count_for_ever(Path(sys.argv[1])))
