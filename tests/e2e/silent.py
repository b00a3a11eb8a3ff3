"""`qiao` over an embedded log that falls silent: `python -m tests.e2e.silent FILE POLLS ARGUMENTS`.

After so many polls of a few records it answers no more, as a broker may. From then on FILE is there: the command is at
work.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from libs.log import Partition, Record
from libs.log.embedded.reading import EmbeddedReader
from qiao.cli import main

FEW = 20
"""Records of one poll."""

_poll = EmbeddedReader.poll


def fall_silent(file: Path, polls: int) -> None:
    """Every reader of this process together has so many polls."""
    left, told = polls, file.touch

    async def poll(reader: EmbeddedReader, max_records: int, timeout: float) -> Mapping[Partition, Sequence[Record]]:
        nonlocal left
        if left == 0:
            told()
            await asyncio.Event().wait()
        left -= 1
        return await _poll(reader, min(max_records, FEW), timeout)

    EmbeddedReader.poll = poll  # type: ignore[method-assign]


if __name__ == "__main__":
    fall_silent(Path(sys.argv[1]), int(sys.argv[2]))
    del sys.argv[1:3]
    main()
