"""A rebuild in words: while it runs, and once it is over."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from rich.console import Console
from rich.status import Status as Spinner

from libs.events.standins import with_stand_ins
from libs.projections.rebuilding import Compared, Difference, Progress
from qiao.rebuilding.status import Status

SILENT_SECONDS = 2.0
SHOWN, SHOWN_AS_JSON = 5, 20
"""Differences that are printed."""

_DOING = {"filling": "Filling", "comparing": "Comparing", "handing over": "Handing over to", "dropping": "Dropping"}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A row that differs, as JSON tells it."""

    table: str
    key: tuple[str, ...]
    serving: msgspec.Raw
    rebuilt: msgspec.Raw


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    projection: str
    serving: int
    done: str
    """swapped, rolled back, dropped, abandoned, differs, paused."""
    events: int = 0
    rows: int = 0
    seconds: float = 0.0
    held_seconds: float = 0.0
    compared_rows: int = 0
    undecided: int = 0
    parked: int = 0
    differences: int = 0
    first: tuple[Shown, ...] = ()


class Display:
    """Hears how far it is; shows it on a terminal, once it has taken a while."""

    def __init__(self, console: Console, spinner: Spinner) -> None:
        """Made by `display`."""
        self._console, self._spinner, self._began, self._on = console, spinner, time.monotonic(), False
        self.last: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        """Cheap: called after every batch."""
        self.last = progress
        elapsed = time.monotonic() - self._began
        if not self._console.is_terminal or elapsed < SILENT_SECONDS:
            return
        self._spinner.update(_text(progress, elapsed))
        if not self._on:
            self._spinner.start()
            self._on = True

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began


@contextmanager
def display() -> Iterator[Display]:
    """Shows on standard error while the block lasts."""
    console = Console(stderr=True)
    spinner = console.status("")
    try:
        yield Display(console, spinner)
    finally:
        spinner.stop()


def result_of(
    projection: str, serving: int, done: str, shown: Display, compared: Compared | None, parked: int
) -> Result:
    """`shown` has heard it all."""
    last = shown.last
    return Result(
        projection=projection,
        serving=serving,
        done=done,
        events=last.records if last else 0,
        rows=last.rows if last else 0,
        seconds=round(shown.seconds, 3),
        held_seconds=round(last.held, 3) if last else 0.0,
        compared_rows=compared.rows if compared else 0,
        undecided=compared.undecided if compared else 0,
        parked=parked,
        differences=len(compared.differences) if compared else 0,
        first=tuple(map(_shown, compared.differences[:SHOWN_AS_JSON])) if compared else (),
    )


def in_words(result: Result) -> str:
    """What came of it, for people."""
    rate = result.rows / result.seconds if result.seconds else 0
    folded = f" ({result.events:,} events, {result.rows:,} rows, {rate:,.0f} rows/s)" if result.events else ""
    lines = [f"{result.projection}: {result.done}, generation {result.serving} serves{folded}"]
    if result.done == "paused":
        lines.append("somebody asked to pause it: the same command goes on")
    if result.compared_rows:
        lines.append(f"{result.compared_rows:,} rows compared, {result.differences:,} differ")
    if result.undecided:
        lines.append(f"{result.undecided} partitions of tables changed too often to be compared")
    if result.parked:
        lines.append(f"{result.parked} events are parked that are not parked in the tables that serve")
    for row in result.first[:SHOWN]:
        lines.append(f"{row.table} {' '.join(row.key)}")
        lines += [f"  serving  {_shown_row(row.serving)}", f"  rebuilt  {_shown_row(row.rebuilt)}"]
    if result.differences > SHOWN:
        lines.append(f"and {result.differences - SHOWN:,} more; --json shows up to {SHOWN_AS_JSON}")
    return "\n".join(lines)


def _shown_row(row: msgspec.Raw) -> str:
    return with_stand_ins(bytes(row).decode())


def status_in_words(status: Status) -> str:
    """What stands, for people."""
    lines = [f"{status.projection}: generation {status.serving} serves"]
    if status.previous is not None:
        lines.append(f"generation {status.previous} served before and still stands: --rollback brings it back")
    if status.building is not None:
        building = status.building
        lines.append(
            f"generation {building.generation} is being filled: {building.records_left:,} records are left, "
            f"{building.parked} are parked"
        )
    if status.dropping:
        lines.append(f"being dropped: {', '.join(map(str, status.dropping))}; --drop-old ends it")
    if status.handing_over:
        lines.append("one generation is handing over to another just now")
    if status.rebuilt_by:
        lines.append(f"{status.rebuilt_by} is at work")
    return "\n".join(lines)


def _text(progress: Progress, elapsed: float) -> str:
    rows, records = progress.rows / elapsed, progress.records / elapsed
    left = f", {progress.left / records:,.0f} s left" if progress.left and records else ""
    held = f", stood still for {progress.held:.0f} s" if progress.held >= 1 else ""
    return (
        f"{_DOING[progress.stage]} generation {progress.generation}: {progress.rows:,} rows ({rows:,.0f}/s{left}{held})"
    )


def _shown(difference: Difference) -> Shown:
    return Shown(
        table=difference.table,
        key=tuple(map(str, difference.key)),
        serving=msgspec.Raw(msgspec.json.encode(difference.serving)),
        rebuilt=msgspec.Raw(msgspec.json.encode(difference.rebuilt)),
    )
