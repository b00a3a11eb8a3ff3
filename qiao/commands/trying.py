"""`qiao try`: what a command would have done."""

import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import click
import msgspec
import uvloop
from rich.console import Console

from libs.http.problems import Problem
from libs.vault.sqlite import open_vault
from qiao.commands.at import TimeFirst
from qiao.commands.interrupting import interruptible
from qiao.commands.piping import piped
from qiao.commands.printing import json_text
from qiao.commands.progress import counting
from qiao.replay.asking import shown
from qiao.replay.opening import open_replay
from qiao.replay.stepping import Stop
from qiao.replay.until import UntilTime
from qiao.settings import Settings, load
from qiao.sources import LIVE, open_source
from qiao.tailing.lines import NOBODY, line_of
from qiao.times import TIME, from_ms
from qiao.trouble import NothingFound
from qiao.trying.attempts import RELATIONS, TOGGLES, Attempt, NobodyThere, Tried, attempt

Act = Callable[[Attempt], Awaitable[object]]


class Moment(NamedTuple):
    """What every attempt is made with."""

    ms: int
    source: str
    json: bool


class TriedJson(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt as JSON."""

    refused: str | None
    events: list[msgspec.Raw]
    rows: list[dict[str, object]]


@click.group("try", cls=TimeFirst)
@click.argument("time", type=TIME, metavar="TIME")
@click.option("--source", default=LIVE, show_default=True, help="A slice, a data folder, kafka://..., or live.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def try_group(context: click.Context, time: int, source: str, as_json: bool) -> None:
    """Run a decision against the state as of TIME, and show what it would have done. Nothing is appended.

    Shown are the events that it would append, and the rows that handlers would make of them beside what was there.
    The exit status is 1 where it would have been refused. What is said in a try is not sealed.

    \b
    qiao try -1h follow lin mei
    qiao try now post lin 'a picture of my cat #猫税'
    qiao try 2025-01-14T09:30Z --source incident.qiao like lin 0194623d-5c6e-7e2a-8f0a-3f1f0e5a9c11
    """
    context.obj = Moment(time, source, as_json)


@try_group.command("post")
@click.argument("handle")
@click.argument("text")
@click.option("--lang", metavar="TAG", help="The text's language; that of HANDLE unless given.")
@click.option("--reply-to", type=click.UUID, metavar="POST", help="Answer this one.")
@click.pass_obj
def post_command(moment: Moment, handle: str, text: str, lang: str | None, reply_to: UUID | None) -> None:
    """HANDLE says TEXT.

    \b
    qiao try now post lin 'hello'
    """
    _try(moment, lambda attempt: attempt.post(handle, text, lang, reply_to))


@try_group.command("edit")
@click.argument("handle")
@click.argument("post", type=click.UUID)
@click.argument("text")
@click.pass_obj
def edit_command(moment: Moment, handle: str, post: UUID, text: str) -> None:
    """HANDLE writes POST anew.

    \b
    qiao try now edit lin 0194623d-5c6e-7e2a-8f0a-3f1f0e5a9c11 'hello again'
    """
    _try(moment, lambda attempt: attempt.edit(handle, post, text, None))


@try_group.command("delete")
@click.argument("handle")
@click.argument("post", type=click.UUID)
@click.pass_obj
def delete_command(moment: Moment, handle: str, post: UUID) -> None:
    """HANDLE deletes POST.

    \b
    qiao try now delete lin 0194623d-5c6e-7e2a-8f0a-3f1f0e5a9c11
    """
    _try(moment, lambda attempt: attempt.delete(handle, post))


def _toggle(what: str) -> click.Command:
    @click.command(
        what, help=f"HANDLE would {what} POST.\n\n\b\nqiao try now {what} lin 0194623d-5c6e-7e2a-8f0a-3f1f0e5a9c11"
    )
    @click.argument("handle")
    @click.argument("post", type=click.UUID)
    @click.pass_obj
    def command(moment: Moment, handle: str, post: UUID) -> None:
        _try(moment, lambda attempt: attempt.toggle(what, handle, post))

    return command


def _relation(what: str) -> click.Command:
    @click.command(what, help=f"HANDLE would {what} TARGET.\n\n\b\nqiao try now {what} lin mei")
    @click.argument("handle")
    @click.argument("target")
    @click.pass_obj
    def command(moment: Moment, handle: str, target: str) -> None:
        _try(moment, lambda attempt: attempt.relate(what, handle, target))

    return command


for name in TOGGLES:
    try_group.add_command(_toggle(name))
for name in RELATIONS:
    try_group.add_command(_relation(name))


def _try(moment: Moment, act: Act) -> None:
    try:
        tried = uvloop.run(interruptible(_tried(load(os.environ), moment, act)))
    except NobodyThere as error:
        raise NothingFound(str(error)) from error
    with piped():
        _tell(moment, tried)
    if tried.refusal is not None:
        raise SystemExit(1)


async def _tried(settings: Settings, moment: Moment, act: Act) -> Tried:
    with tempfile.TemporaryDirectory(prefix="qiao-try-") as folder:
        async with open_source(moment.source, settings) as source:
            until = UntilTime("", moment.ms)
            async with open_replay(settings, source, until, Path(folder) / "then") as replay:
                left = await replay.left()
                with counting("Folding", sum(end - start for start, end in left.values())) as count:
                    await replay.run(left, count=count)
                vault = await open_vault(Path(folder) / "vault.db")
                try:
                    await vault.migrate()
                    return await attempt(replay, vault, moment.ms, act)
                finally:
                    await vault.close()


def _tell(moment: Moment, tried: Tried) -> None:
    if moment.json:
        click.echo(json_text(_outcome(tried)))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"as of {from_ms(moment.ms).astimezone():%Y-%m-%d %H:%M:%S %z}", style="dim")
    if tried.refusal is not None:
        console.print(f"It would be refused: {_why(tried.refusal)}", style="yellow", markup=False)
    elif not tried.records:
        console.print("It stood already: nothing would be appended.")
    for record, previews in zip(tried.records, tried.previews, strict=True):
        for text in shown(Stop(record, previews, None), NOBODY):
            console.print(text)


def _why(refusal: Problem) -> str:
    errors = "; ".join(f"{error.field}: {error.message}" for error in refusal.errors)
    return " ".join(part for part in (refusal.kind.title, refusal.detail, errors) if part)


def _outcome(tried: Tried) -> TriedJson:
    return TriedJson(
        refused=tried.refusal.kind.code if tried.refusal else None,
        events=[msgspec.Raw(msgspec.json.encode(line_of(record))) for record in tried.records],
        rows=[
            {
                "projection": preview.projection,
                "table": change.table.name,
                "before": msgspec.to_builtins(change.before),
                "after": msgspec.to_builtins(change.after),
            }
            for previews in tried.previews
            for preview in previews
            for change in preview.changes
        ],
    )
