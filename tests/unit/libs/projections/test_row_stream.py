"""Rows on their way out, however many: what is written is forgotten, what failed is told at the end."""

from collections.abc import Sequence
from typing import cast

import pytest

from libs.projections.second import CHUNK_ROWS, CHUNKS_IN_FLIGHT, RowStream
from libs.views import Put, Views, ViewsUnavailable
from tests.unit.libs.projections.lab import AMY
from tests.unit.libs.projections.toy import TABLES


class Chunks:
    """A store that refuses one of the chunks."""

    def __init__(self, refused: int | None = None) -> None:
        self.begun, self._refused = 0, refused

    async def write(self, *stages: Sequence[Put]) -> None:
        self.begun += 1
        if self.begun == self._refused:
            raise ViewsUnavailable("on purpose")


def _stream(chunks: Chunks) -> RowStream:
    return RowStream(cast("Views", chunks))


async def _put(stream: RowStream, chunks: int) -> None:
    rows = [Put(TABLES[0], AMY, 0)] * CHUNK_ROWS  # type: ignore[arg-type]
    for _ in range(chunks):
        await stream.put(rows)


async def test_a_stream_keeps_no_trace_of_the_chunks_that_are_written() -> None:
    chunks = Chunks()
    stream = _stream(chunks)
    await _put(stream, 100)
    assert len(stream._writes) <= 2 * CHUNKS_IN_FLIGHT
    await stream.drain()
    assert chunks.begun == 100


async def test_a_chunk_that_failed_long_ago_is_told_by_drain() -> None:
    chunks = Chunks(refused=3)
    stream = _stream(chunks)
    await _put(stream, 100)
    with pytest.raises(ViewsUnavailable):
        await stream.drain()
    assert chunks.begun == 100
