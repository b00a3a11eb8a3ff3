"""sql: counting by type over a million events, with the index made and kept; and finding one event by its id."""

import asyncio
import random
import time
from collections import Counter
from pathlib import Path
from statistics import median
from uuid import UUID

from bench.bare.counting import counted_by_index, counted_by_loop, indexed_types
from bench.history import history
from bench.measure import Figure, at_most
from bench.run import Run
from libs.log.embedded import open_log
from qiao.looking import find_event
from qiao.sources import bounds_of
from qiao.sql import Limits, ask

QUERY = "SELECT type, count(*) FROM events GROUP BY type"
SHOWN = 200


async def measure(run: Run) -> list[Figure]:
    """What `qiao sql` and `qiao events show` take once they have started."""
    path, count = await history(run)
    run.say("sql: counting by type")
    first, kept = await asyncio.to_thread(lambda: (_seconds(path), min(_seconds(path) for _ in range(3))))
    loop, indexed = await asyncio.to_thread(lambda: _floors(path, run.directory / "bare-types.db"))
    run.say("sql: events by id")
    return [
        Figure(
            name="sql",
            value=kept,
            unit="s",
            floor=indexed,
            note=f"count by type over {count:,} events; the floor is SQLite with the types alone in an index",
            target=at_most(2),
        ),
        Figure(
            name="sql_first",
            value=first,
            unit="s",
            floor=loop,
            note="the same, the index of the log made first; the floor is a loop that decodes the headers",
        ),
        Figure(
            name="show",
            value=await _show_ms(path),
            unit="ms",
            note=f"one of {count:,} events by its id, half of them in less",
        ),
    ]


def _seconds(path: Path) -> float:
    began = time.perf_counter()
    with ask(path, QUERY, Limits(), lambda _: None) as answer:
        if not list(answer.rows):
            raise RuntimeError("nothing was counted")
    return time.perf_counter() - began


def _floors(path: Path, bare: Path) -> tuple[float, float]:
    """Seconds of the loop and of the bare index, which must count the same."""
    began = time.perf_counter()
    expected = counted_by_loop(path)
    loop = time.perf_counter() - began
    indexed_types(bare, expected)
    began = time.perf_counter()
    if counted_by_index(bare) != expected:
        raise RuntimeError("the floors count differently")
    indexed = time.perf_counter() - began
    _check(path, expected)
    return loop, indexed


def _check(path: Path, expected: Counter[str]) -> None:
    with ask(path, QUERY, Limits(), lambda _: None) as answer:
        if {row[0]: row[1] for row in answer.rows} != expected:
            raise RuntimeError("the answer is wrong")


async def _show_ms(path: Path) -> float:
    log = await open_log(path, readonly=True)
    try:
        bounds, times = await bounds_of(log), list[float]()
        for event in _some_ids(path):
            began = time.perf_counter()
            await find_event(log, bounds, event, lambda _: None)
            times.append((time.perf_counter() - began) * 1000)
        return median(times)
    finally:
        await log.close()


def _some_ids(path: Path) -> list[UUID]:
    with ask(path, "SELECT id FROM PostLiked LIMIT 20000", Limits(rows=0), lambda _: None) as answer:
        ids = [UUID(str(row[0])) for row in answer.rows]
    return random.Random(98).sample(ids, min(SHOWN, len(ids)))
