"""`qiao diff`: two replays, a replay and the live views, or two versions of the code, row by row."""

import os
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
import uvloop
from rich.console import Console

from qiao.commands.interrupting import interruptible
from qiao.commands.piping import piped
from qiao.commands.printing import json_text
from qiao.diffing.differences import Compared, lines_of
from qiao.diffing.sides import NotComparable, Say, diff_code, diff_folders, diff_live
from qiao.diffing.worktree import CodeUnavailable
from qiao.replay.scratch import ScratchRefused
from qiao.replay.until import NotInSource, UntilInvalid
from qiao.settings import Settings, load
from qiao.sources import LIVE
from qiao.trouble import Trouble


@click.command("diff")
@click.argument("a", metavar="A")
@click.argument("b", metavar="[B]", required=False)
@click.option("--code", "revisions", multiple=True, metavar="REV", help="Fold A with the code of this commit, too.")
@click.option("--until", metavar="WHEN", help="With --code: as in qiao replay.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Rows to show.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff_command(a: str, b: str | None, revisions: Sequence[str], until: str | None, limit: int, as_json: bool) -> None:
    """Compare tables row by row, and name the first event after which they part.

    A and B are folders of replays that end with the same, or B is 'live': the views that the settings name. A replay
    that is compared with live must end where its source does, and its slice be complete for what is compared, up to
    now. With --code, A is a slice or log: it is folded by the handlers of that commit, in a worktree of its own, and
    by those of a second --code or of this code as it is now, committed or not. Tables of own keys must be alike;
    crossing tables (home, coverage) may differ in rows where the code or the source differs, never in the answers they
    give. The event after which they part is that of the first 20 rows that differ. The exit status is 1 where something
    differs.

    \b
    qiao diff before after
    qiao diff after live
    qiao diff incident.qiao --code HEAD~1
    """
    compared = _run(_wanted(load(os.environ), a, b, revisions, until, _say))
    with piped():
        if as_json:
            click.echo(json_text(msgspec.structs.replace(compared, differences=compared.differences[:limit])))
        else:
            console = Console(highlight=False, soft_wrap=True)
            for line in lines_of(compared, limit):
                console.print(line)
    if not compared.alike:
        raise SystemExit(1)


def _wanted(
    settings: Settings, a: str, b: str | None, revisions: Sequence[str], until: str | None, say: Say
) -> Coroutine[Any, Any, Compared]:
    if revisions:
        if b is not None or len(revisions) > 2:
            raise click.UsageError("--code takes one source, A, and one commit or two")
        return diff_code(settings, a, revisions, until, say)
    if b is None:
        raise click.UsageError("name what to compare A with: a folder, 'live', or a commit with --code")
    if until is not None:
        raise click.UsageError("--until goes with --code; a replay's folder has its own end")
    return diff_live(settings, Path(a), say) if b == LIVE else diff_folders(settings, Path(a), Path(b), say)


def _run(work: Coroutine[Any, Any, Compared]) -> Compared:
    try:
        return uvloop.run(interruptible(work))
    except UntilInvalid as error:
        raise click.BadParameter(str(error), param_hint="--until") from error
    except (ScratchRefused, NotComparable, CodeUnavailable, NotInSource, OSError) as error:
        raise Trouble(str(error)) from error


def _say(what: str) -> None:
    console = Console(stderr=True)
    if console.is_terminal:
        console.print(f"{what} ...", style="dim")
