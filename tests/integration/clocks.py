"""A clock for some processes that is wrong, and can be set while they run: what Debian calls faketime."""

from collections.abc import Mapping
from pathlib import Path

CACHED = "1"
"""Seconds for which a process remembers how far its clock is off."""


class Clock:
    """Wrong by so many seconds. Only the time of day: time that passes, passes as ever."""

    def __init__(self, file: Path, off: float) -> None:
        """`file` tells the processes."""
        self._file = file
        self.set(off)

    def set(self, off: float) -> None:
        """Seconds ahead of the truth."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{off:+g}")
        fresh.rename(self._file)  # nobody reads half of it

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables of a process that is to go by it."""
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": CACHED,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }


def _library() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        raise FileNotFoundError("libfaketime.so.1: install what Debian calls faketime, as `make test` does")
    return found[0]
