"""The table for people, and results.json for programs."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.machine import Machine
from bench.measure import Figure


class Result(msgspec.Struct, frozen=True):
    """A figure as programs read it."""

    value: float
    unit: str
    floor: float | None
    ratio: float | None


def write_results(figures: Sequence[Figure], path: Path) -> None:
    """`{name: {value, unit, floor, ratio}}`, of this run alone: figures of two runs do not compare."""
    results = {figure.name: Result(figure.value, figure.unit, figure.floor, figure.ratio) for figure in figures}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")


def show(figures: Sequence[Figure], machine: Machine, console: Console) -> None:
    """Print the table with the machine's name, and below it what each floor is."""
    table = Table(show_edge=False)
    for heading in ("figure", "value", "unit", "floor", "ratio", "to reach", "met"):
        numeric = heading in ("value", "floor", "ratio")
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=heading == "figure")
    for figure in figures:
        table.add_row(*_cells(figure))
    console.print(str(machine), table, "", sep="\n", highlight=False)
    for figure in figures:
        if figure.note:
            console.print(f"{figure.name}: {figure.note}", highlight=False)


def _cells(figure: Figure) -> tuple[str, ...]:
    met = {True: "[green]met[/]", False: "[red]not met[/]", None: ""}[figure.met]
    return (
        figure.name,
        _number(figure.value),
        figure.unit,
        "" if figure.floor is None else _number(figure.floor),
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        str(figure.target or ""),
        met,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
