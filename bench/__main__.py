"""`python -m bench [NAME...]`: measure, print the table, write the results."""

import asyncio
import sys
from pathlib import Path

import click
import uvloop

from bench.figures import FIGURES, measure_all


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(FIGURES)), metavar="[NAME]...")
@click.option("--quick", is_flag=True, help="Smaller runs, less exact.")
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write JSON. A whole run writes bench/results.json by itself.",
)
def main(names: tuple[str, ...], quick: bool, results: Path | None) -> None:
    """Measure what the software costs, beside the raw limit of this machine. Without NAME, everything.

    A missed target is shown, it does not fail the run; a figure that could not be measured does.
    """
    if results is None and not names and not quick:
        results = Path(__file__).parent / "results.json"
    try:
        failed = uvloop.run(measure_all(names, quick=quick, results=results))
    except (asyncio.CancelledError, KeyboardInterrupt):
        sys.exit(130)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
