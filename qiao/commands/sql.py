"""`qiao sql`."""

import os
import sqlite3
import sys
from pathlib import Path
from typing import Literal

import click
from rich.console import Console

from qiao.commands.piping import piped
from qiao.commands.progress import counting
from qiao.settings import load
from qiao.sources import LIVE
from qiao.sql import Answer, Limits, QueryRefused, TimeIsUp, ask, describe
from qiao.sql.errors import is_broken
from qiao.sql.showing import as_overview, as_table, json_lines, write_csv
from qiao.trouble import Trouble

Form = Literal["table", "csv", "json"]

_WIDE = 10_000
"""Characters of a line where no terminal sets an end."""


@click.command("sql")
@click.argument("source", metavar="SOURCE")
@click.argument("query", metavar="[QUERY]", required=False)
@click.option("--csv", "form", flag_value="csv", help="Print CSV.")
@click.option("--json", "form", flag_value="json", help="One JSON object a line; columns of one name are numbered.")
@click.option(
    "--timeout",
    type=click.FloatRange(0.01, 86_400),
    default=Limits().seconds,
    show_default=True,
    help="Seconds that the question may take.",
)
@click.option(
    "--limit", type=click.IntRange(0), default=Limits().rows, show_default=True, help="Most rows to show; 0 for all."
)
def sql_command(source: str, query: str | None, form: Form | None, timeout: float, limit: int) -> None:
    """Ask a slice, a log or the tables of a replay in SQL (SQLite's), for reading only.

    SOURCE is a slice, a log.db, a folder with log.db or views.db in it, or `live` for the embedded data that the
    settings name. There is a view `events`, one for each event type with the fields of its data as columns (old
    versions upcast), and one for each table, named service_table. Times are UTC. What
    people wrote is sealed: a table shows stand-ins as long as the texts, --csv and --json have the tokens. Without
    QUERY the views are listed.

    The first question about a log makes SOURCE.index beside it; it can be deleted at any time.

    \b
    qiao sql live
    qiao sql live "select type, count(*) from events group by type"
    qiao sql live "select log_time, author, lang from PostCreated order by log_ms desc" --limit 10
    qiao sql live "select kind, sum(count) from feeds_tallies group by kind" --csv
    """
    path = _path(source)
    try:
        with piped():
            if query is None:
                _overview(path)
            else:
                _ask(path, query, form or "table", Limits(timeout, limit))
    except QueryRefused as error:
        raise click.UsageError(str(error)) from error
    except TimeIsUp as error:
        raise Trouble(str(error)) from error
    except sqlite3.Error as error:
        what = " cannot be read, perhaps it was cut off" if is_broken(error) else ""
        raise Trouble(f"{path}{what}: {error}") from error


def _path(source: str) -> Path:
    settings = load(os.environ)
    if source == LIVE and not settings.embedded:
        raise click.BadParameter("servers take no SQL: make a slice with qiao capture", param_hint="SOURCE")
    path = settings.directory if source == LIVE else Path(source)
    if not path.exists():
        raise click.BadParameter(f"{path} does not exist", param_hint="SOURCE")
    return path


def _overview(path: Path) -> None:
    with counting("making the index") as tell:
        views = describe(path, tell)
    _console().print(as_overview(views))


def _ask(path: Path, query: str, form: Form, limits: Limits) -> None:
    with counting("making the index") as tell, ask(path, query, limits, tell) as answer:
        _show(answer, form)
        if answer.more.there:
            click.echo(f"Only the first {limits.rows:,} rows are shown: --limit 0 shows all.", err=True)


def _show(answer: Answer, form: Form) -> None:
    if form == "csv":
        write_csv(answer, sys.stdout)
    elif form == "json":
        for line in json_lines(answer):
            click.echo(line)
    else:
        _console().print(as_table(answer))


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDE)
