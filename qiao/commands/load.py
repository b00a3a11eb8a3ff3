"""`qiao load`."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from qiao.commands.printing import json_text
from qiao.commands.target import gateway_at
from qiao.load import Figure, Gateway, Shares, read_graph
from qiao.load.run import Plan, Show, run

_SHARES = click.Tuple([click.IntRange(0, 100)] * 3)


@click.command("load")
@click.argument("graph", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="GRAPH")
@click.option("--url", metavar="URL", help="The gateway; the one that QIAO_LISTEN names unless given.")
@click.option("--posts", type=click.IntRange(0, 1_000_000), default=1_000, show_default=True, help="Written first.")
@click.option("--seconds", type=click.FloatRange(0, 3_600), default=20, show_default=True, help="How long to mix.")
@click.option("--connections", type=click.IntRange(1, 512), default=32, show_default=True, help="At once.")
@click.option(
    "--shares", type=_SHARES, default=(60, 30, 10), show_default=True, help="Of homes, profiles and posts in the mix."
)
@click.option("--page", type=click.IntRange(1, 100), default=10, show_default=True, help="Cards of one read.")
@click.option("--anywhere", is_flag=True, help="Drive a gateway that is not on this machine.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def load_command(
    graph: Path,
    url: str | None,
    posts: int,
    seconds: float,
    connections: int,
    shares: tuple[int, int, int],
    page: int,
    anywhere: bool,
    as_json: bool,
) -> None:
    """Drive the people of GRAPH through a gateway: register, follow each edge both ways, post, then read and post.

    GRAPH has an edge a line, two names with a space between. People who are there already sign in. The gateway must run
    with QIAO_RATE_LIMITS=off. The exit status is 1 if any request came to nothing, or not all shows after 5 minutes.

    \b
    qiao load bench/data/reed98.edges
    qiao load bench/data/reed98.edges --posts 100 --seconds 10 --connections 8 --json
    """
    if not any(shares):
        raise click.BadParameter("at least one share must be above 0", param_hint="--shares")
    gateway = gateway_at(url)
    if not (anywhere or gateway.loopback):
        raise click.BadParameter(
            f"{gateway.url} is not this machine: add --anywhere if it is yours", param_hint="--url"
        )
    home, profile, post = shares
    plan = Plan(
        graph=read_graph(graph),
        prefix=graph.stem,
        posts=posts,
        seconds=seconds,
        connections=connections,
        shares=Shares(home=home, profile=profile, post=post),
        page=page,
    )
    figures = _run(gateway, plan)
    _show(figures, as_json)
    sys.exit(1 if any(figure.failed for figure in figures) else 0)


def _run(gateway: Gateway, plan: Plan) -> Sequence[Figure]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        return uvloop.run(run(gateway, plan, _bar(progress)))


def _bar(progress: Progress) -> Show:
    def show(phase: str, total: int | None) -> Callable[[], object]:
        task = progress.add_task(phase, total=total)
        return lambda: progress.advance(task)

    return show


def _show(figures: Sequence[Figure], as_json: bool) -> None:
    if as_json:
        click.echo(json_text(figures))
        return
    table = Table("Phase", show_edge=False)
    for title in ("Done", "Failed", "Seconds", "Per second", "p50 ms", "p99 ms"):
        table.add_column(title, justify="right")
    for figure in figures:
        failed = ", ".join(f"{count} {what}" for what, count in figure.errors.items()) or "0"
        times = (f"{value:,.1f}" for value in (figure.seconds, figure.rate, figure.p50_ms, figure.p99_ms))
        table.add_row(figure.name, f"{figure.count:,}", failed, *times)
    Console().print(table)
