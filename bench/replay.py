"""replay: events/s from Kafka into scratch views, all services folded, every home filled."""

import asyncio
import time
from pathlib import Path

from bench.bare.reading import bare_reading
from bench.bare.rows import copied_bare
from bench.measure import Figure, at_least
from bench.run import Run
from bench.servers import new_settings
from bench.talk import Talk, append_talk
from qiao.cluster import kafka_log
from qiao.replay.opening import open_replay
from qiao.replay.scratch import VIEWS
from qiao.replay.until import Until
from qiao.settings import Settings
from qiao.sources import NoKeys, Source


async def measure(run: Run) -> list[Figure]:
    """Append what others did not, replay it, then read it bare and write the same rows bare."""
    addresses = await run.servers()
    settings = new_settings(addresses, run.directory, "127.0.0.1:0")
    log = await kafka_log(settings)
    try:
        run.say("replay: a community talks")
        bounds = await append_talk(log, list(Talk().entries(run.sized(50_000, 8_000))))
        events = sum(end - start for start, end in bounds.values())
        run.say(f"replay: folding {events:,} events")
        source = Source(settings.log, log, bounds, dict.fromkeys(await log.topics(), 1), NoKeys())
        seconds, rows = await _replayed(settings, source, run.directory / "replay")
    finally:
        await log.close()
    run.say("replay: reading bare, writing bare")
    reading = events / await bare_reading(addresses.kafka, bounds)
    writing = await asyncio.to_thread(copied_bare, run.directory / "replay" / VIEWS, run.directory / "replay-bare.db")
    return [
        Figure(
            name="replay",
            value=events / seconds,
            unit="events/s",
            floor=events / (reading + writing),
            note=f"{events:,} events became {rows:,} rows; the floor is aiokafka, reading the same events "
            f"({reading:.1f} s), and SQLite, taking the same rows ({writing:.1f} s)",
            target=at_least(0.5, "ratio"),
        )
    ]


async def _replayed(settings: Settings, source: Source, into: Path) -> tuple[float, int]:
    """Seconds from opening the folder to the end, and how many rows were written."""
    began = time.perf_counter()
    async with open_replay(settings, source, Until(), into) as replay:
        await replay.run(await replay.left())
        return time.perf_counter() - began, replay.replayer.replayed.rows
