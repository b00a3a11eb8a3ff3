"""The figures, in the order in which they are measured."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter

from rich.console import Console

from bench import (
    accounts,
    append,
    capture,
    cards,
    fanout,
    freshness,
    growth,
    home,
    journey,
    mix,
    outage,
    rebuild,
    replay,
    sealing,
    sql,
    starting,
    storage,
    tracing,
)
from bench.machine import this_machine
from bench.measure import Figure
from bench.report import show, write_results
from bench.run import Run, new_run

FIGURE_TIMEOUT = 400.0

FIGURES: Mapping[str, Callable[[Run], Awaitable[list[Figure]]]] = {
    "append": append.measure,
    "fanout": fanout.measure,
    "cards": cards.measure,
    "sealing": sealing.measure,
    "growth": growth.measure,
    "accounts": accounts.measure,
    "home": home.measure,
    "freshness": freshness.measure,
    "mix": mix.measure,
    "capture": capture.measure,
    "replay": replay.measure,
    "rebuild": rebuild.measure,
    "sql": sql.measure,
    "journey": journey.measure,
    "start": starting.measure,
    "storage": storage.measure,
    "tracing": tracing.measure,
    "outage": outage.measure,
}


async def measure_all(names: Sequence[str], *, quick: bool, results: Path | None) -> list[str]:
    """Measure, print, write; returns the names of what could not be measured."""
    _stop_cleanly_on_sigterm()
    progress, machine = Console(stderr=True), this_machine()
    figures: list[Figure] = []
    failed: list[str] = []
    async with new_run(progress, quick=quick) as run:
        _warn_if_busy(run)
        for name in [name for name in FIGURES if name in names or not names]:
            try:
                figures += await _measure(run, name)
            except Exception:  # noqa: BLE001 - shown at once; the other figures are worth having without this one
                progress.print_exception()
                failed.append(name)
        show(figures, machine, Console())
        if results is not None:
            write_results(figures, results)
    if failed:
        progress.print(f"[red]not measured: {', '.join(failed)}[/]")
    return failed


def _stop_cleanly_on_sigterm() -> None:
    """As Ctrl-C does: what was started is stopped."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _warn_if_busy(run: Run) -> None:
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    if load > cores / 2:
        run.say(f"others are using this machine (load {load:.1f} on {cores} cores): expect less than it can do")


async def _measure(run: Run, name: str) -> list[Figure]:
    began = perf_counter()
    async with asyncio.timeout(FIGURE_TIMEOUT):
        figures = await FIGURES[name](run)
    run.say(f"{name}: measured in {perf_counter() - began:.0f} s")
    return figures
