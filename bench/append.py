"""append: events/s into the embedded log, by 1 and by 64 writers that each wait for every event to be durable."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.bare.appends import bare_appends
from bench.measure import Figure, at_least
from bench.posts import entries_of, keys_for
from bench.run import Run
from libs.events import new_id
from libs.log import Entry, Log, TopicSpec
from libs.log.embedded import open_log

MANY = 64


async def _write(log: Log, entries: Iterator[Entry]) -> None:
    for entry in entries:
        await log.append([entry])


async def _rate(log: Log, entries: Sequence[Entry], writers: int) -> float:
    waiting = iter(entries)
    began = time.perf_counter()
    await asyncio.gather(*(_write(log, waiting) for _ in range(writers)))
    return len(entries) / (time.perf_counter() - began)


async def measure(run: Run) -> list[Figure]:
    """Both beside bare SQLite with the same transactions: as many events in each as there are writers."""
    author = new_id()
    keys = keys_for([author])
    few = entries_of([author] * run.sized(2_000, 500), keys)
    many = entries_of([author] * run.sized(60_000, 20_000), keys)
    run.say("append: the embedded log")
    alone, together = await _embedded(run.directory / "append.db", few, many)
    run.say("append: bare SQLite")
    bare_alone = await asyncio.to_thread(bare_appends, run.directory / "bare-1.db", few, 1)
    bare_together = await asyncio.to_thread(bare_appends, run.directory / "bare-64.db", many, MANY)
    return [
        Figure(
            name="append_1",
            value=alone,
            unit="events/s",
            floor=bare_alone,
            note="the floor is bare SQLite, one event in each transaction, synchronous=FULL",
        ),
        Figure(
            name=f"append_{MANY}",
            value=together,
            unit="events/s",
            floor=bare_together,
            note=f"the floor is bare SQLite, {MANY} events in each transaction",
        ),
        Figure(
            name="append_gain",
            value=together / alone,
            unit="times",
            note=f"{MANY} writers beside 1 writer",
            target=at_least(20),
        ),
    ]


async def _embedded(path: Path, few: Sequence[Entry], many: Sequence[Entry]) -> tuple[float, float]:
    log = await open_log(path)
    try:
        await log.create([TopicSpec(few[0].topic)])
        return await _rate(log, few, 1), await _rate(log, many, MANY)
    finally:
        await log.close()
