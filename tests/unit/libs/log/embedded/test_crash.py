"""kill -9 in the middle of it: what was acknowledged is there, and the file is whole."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from libs.log import Partition
from libs.log.embedded import open_log
from tests.contract.log.reading import append, collect
from tests.unit.libs.log.embedded.processes import start_writer


@pytest.mark.parametrize("acknowledgements", [1, 50, 2_000])
async def test_a_killed_writer_loses_nothing_that_it_acknowledged(path: Path, acknowledgements: int) -> None:
    acknowledged = await asyncio.to_thread(kill_after, path, acknowledgements)
    assert len(acknowledged) >= acknowledgements
    log = await open_log(path)
    both = [Partition("posts", 0), Partition("posts", 1)]
    bounds = await log.bounds(both)
    reader = await log.reader(dict.fromkeys(both, 0))
    records = await collect(reader, sum(bound.end for bound in bounds.values()))
    there = {(record.partition, record.offset): record.value.rstrip(b".").decode() for record in records}
    assert acknowledged.items() <= there.items()
    # Whole: offsets without holes, and it goes on where it ended.
    assert set(there) == {(p.number, offset) for p, bound in bounds.items() for offset in range(bound.end)}
    [place] = await append(log, Partition("posts", 0), "next")
    assert place.offset == bounds[Partition("posts", place.partition)].end
    await log.close()
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def kill_after(path: Path, acknowledgements: int) -> dict[tuple[int, int], str]:
    """Kill a writer under load; what it had acknowledged by then, by partition and offset."""
    writer = start_writer(path)
    assert writer.stdout is not None
    lines = [writer.stdout.readline() for _ in range(acknowledgements)]
    writer.kill()
    lines += writer.stdout.read().splitlines(keepends=True)
    writer.wait()
    whole = [line.split() for line in lines if line.endswith("\n")]
    return {(int(partition), int(offset)): f"{name} {n}" for partition, offset, name, n in whole}
