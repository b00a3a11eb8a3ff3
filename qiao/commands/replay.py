"""`qiao replay` and `qiao digest`: a log folded once more, and what came of it."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from uuid import UUID

import click
import msgspec
import uvloop

from libs.views import Reads
from qiao.commands.interrupting import interruptible
from qiao.commands.opening import open_on_record, passphrase, settings_for
from qiao.commands.piping import piped
from qiao.commands.printing import json_text
from qiao.commands.progress import counting
from qiao.diffing.witnessing import Watched, witness
from qiao.looking.who import NobodyNamed, account_named, handle_of
from qiao.replay.asking import Conversation, Lines
from qiao.replay.digesting import TableDigest, digest
from qiao.replay.expressions import Expression, ExpressionInvalid
from qiao.replay.opening import Replay, open_replay
from qiao.replay.people import People
from qiao.replay.running import Left
from qiao.replay.scratch import ScratchRefused, read_note
from qiao.replay.serving import serving
from qiao.replay.stepping import Quit, Stepper, everywhere, wherever
from qiao.replay.until import NotInSource, UntilInvalid, until_of
from qiao.services import SERVICES
from qiao.settings import Settings, SettingsInvalid, address
from qiao.sources import Source, open_source
from qiao.times import TIME, from_ms
from qiao.trouble import Trouble
from services.feeds.tables import PEOPLE

SOURCE = click.argument("source", metavar="SOURCE")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class SpeedType(click.ParamType[float | None]):
    """A number, or max."""

    name = "speed"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """See click."""
        if value == "max":
            return None
        try:
            speed = float(value)
        except ValueError:
            speed = 0.0
        if not 0 < speed < float("inf"):
            self.fail(f"{value!r} is no speed: write max, or how many times as fast as it was, such as 10", param, ctx)
        return speed


class ExpressionType(click.ParamType[Expression]):
    """A condition on events."""

    name = "expression"

    def convert(self, value: str | Expression, param: click.Parameter | None, ctx: click.Context | None) -> Expression:
        """See click."""
        if isinstance(value, Expression):
            return value
        try:
            return Expression(value)
        except ExpressionInvalid as error:
            self.fail(str(error), param, ctx)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    source: str
    into: Path
    until: str | None
    speed: float | None
    step: bool
    breaks: tuple[Expression, ...]
    services: tuple[str, ...]
    serve: str | None
    people: tuple[str, ...]
    with_keys: bool
    passphrase: str | None
    json: bool
    watched: tuple[Watched, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay came to."""

    into: str
    source: str
    until: str
    as_of: str
    records: int
    """Folded by this run."""
    events: int
    rows: int
    refused: int
    unknown: int
    skipped: int
    parked: int


class Digested(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds."""

    as_of: str
    state: Literal["running", "done"]
    """Running is not folded to its end yet."""
    pieces: bool
    """Whether it was folded in pieces: crossing tables may differ in rows from a replay in one go."""
    tables: tuple[TableDigest, ...]


@click.command("replay")
@SOURCE
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), help="The folder to fold into; SOURCE.replay")
@click.option("--until", metavar="WHEN", help="A time, 'posts[3]@17' or an event's id; the end unless given.")
@click.option("--speed", type=SpeedType(), default="max", show_default=True, help="max, or times the original speed.")
@click.option("--step", is_flag=True, help="Stop before every event, show what it does, and ask how to go on.")
@click.option("--break", "breaks", multiple=True, type=ExpressionType(), help="Stop before events like this (CEL).")
@click.option("--service", "services", multiple=True, type=click.Choice(list(SERVICES)), help="Only this one's tables.")
@click.option("--serve", metavar="HOST:PORT", help="Then serve it, for reading only, until Ctrl-C.")
@click.option("--as", "people", multiple=True, metavar="HANDLE", help="With --serve: print a token to look through.")
@click.option(
    "--watch",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    hidden=True,
    help="Note what becomes of these rows: for qiao diff.",
)
@click.option(
    "--open",
    "open_",
    is_flag=True,
    help="With --serve: show what people wrote. It needs the keys and is on the record.",
)
@_JSON
def replay_command(
    source: str,
    into: Path | None,
    until: str | None,
    speed: float | None,
    step: bool,
    breaks: Sequence[Expression],
    services: Sequence[str],
    serve: str | None,
    people: Sequence[str],
    watch: Path | None,
    open_: bool,
    as_json: bool,
) -> None:
    """Fold a log once more, into tables of its own: the platform as it was.

    SOURCE is a slice, a data folder, kafka://host:port, or 'live' for what the settings name. It is only ever read: a
    replay has no producer and joins no group. Nothing is emitted. One slice gives byte-identical tables every time,
    also when it was killed (with --step, --break or --speed only those of own keys: others depend on the batches);
    tables of own keys are those of the live platform, crossing tables (home, coverage) may differ from it in rows,
    never in the answers they give. What is interrupted goes on when the same command is run again, up to where it was
    to end when it was begun.

    With --until it shows the moment of its end: what expires counts from there, and what operators decided later is
    not applied. A time to come is the present, or the end of the slice.

    --break speaks of type, actor, key, data, topic, partition, offset, time, id and correlation; "@lin" is the id of
    her account. What a stop shows is the event, what its handlers read, and the rows they are about to write.

    \b
    qiao replay live --into tuesday --until '-1h'
    qiao replay incident.qiao --serve 127.0.0.1:8090 --as lin
    qiao replay incident.qiao --break 'type == "PostCreated" && data.lang == "zh"'
    qiao replay incident.qiao --break 'type == "AccountFollowed" && actor == "@lin"'
    """
    if serve is not None:
        address(serve, "--serve")
    if speed is not None and (step or breaks):
        raise click.UsageError("--speed goes with neither --step nor --break: that is as fast as one answers")
    wanted = Wanted(
        source=source,
        into=into or Path(f"{Path(source).name if '://' not in source else 'kafka'}.replay"),
        until=until,
        speed=speed,
        step=step,
        breaks=tuple(breaks),
        services=tuple(services),
        serve=serve,
        people=tuple(people),
        with_keys=open_,
        passphrase=passphrase(),
        json=as_json,
        watched=msgspec.json.decode(watch.read_bytes(), type=tuple[Watched, ...]) if watch else (),
    )
    try:
        uvloop.run(interruptible(_replay(settings_for("replay", opening=open_), wanted)))
    except Quit:
        click.echo("Left here. The same command goes on from the event that was not folded.", err=True)
    except UntilInvalid as error:
        raise click.BadParameter(str(error), param_hint="--until") from error
    except (ScratchRefused, NotInSource, ExpressionInvalid) as error:
        raise Trouble(str(error)) from error


@click.command("digest")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--as-of", type=TIME, metavar="TIME", help="Leave out what had expired by then; the replay's own moment.")
@_JSON
def digest_command(directory: Path, as_of: int | None, as_json: bool) -> None:
    """Print a digest per table of a replay: two folds of the same events agree if these do.

    Stamps are left out, and so is what had expired by the moment that the replay shows. It says so where a replay was
    folded in pieces (--step, --break, --speed, or gone on with beside live): its crossing tables may differ in rows.

    \b
    qiao digest tuesday
    """
    try:
        note = read_note(directory)
        moment = note.as_of if as_of is None else as_of
        tables = digest(directory, moment)
    except ScratchRefused as error:
        raise Trouble(str(error)) from error
    with piped():
        if as_json:
            digested = Digested(
                as_of=from_ms(moment).isoformat(), state=note.state, pieces=note.pieces, tables=tuple(tables)
            )
            click.echo(json_text(digested))
            return
        click.echo(
            f"as of {from_ms(moment).isoformat()}{'' if note.state == 'done' else ', not folded to its end yet'}"
            f"{', folded in pieces: crossing tables may differ in rows from a replay in one go' if note.pieces else ''}"
        )
        for each in tables:
            click.echo(f"{each.sha256[:16]}  {each.rows:>9}  {each.kind:<9}  {each.table}")


async def _replay(settings: Settings, wanted: Wanted) -> None:
    async with open_source(wanted.source, settings, with_keys=wanted.with_keys, passphrase=wanted.passphrase) as source:
        if wanted.with_keys:
            open_on_record(source)
        until = await until_of(wanted.until, source)
        # Before everything is folded, and the server announced, for nothing.
        await _look_up(wanted.people, source._replace(bounds=await until.narrowed(source.log, source.bounds)))
        async with open_replay(settings, source, until, wanted.into, wanted.services) as replay:
            _tell(await _fold(wanted, replay), wanted)
            if wanted.serve is not None:
                await _serve(settings, wanted, replay)


async def _look_up(people: Sequence[str], source: Source) -> None:
    for handle in people:
        try:
            await account_named(source, handle)
        except NobodyNamed as error:
            raise _nobody(handle) from error


async def _fold(wanted: Wanted, replay: Replay) -> Report:
    left = await replay.left()
    if wanted.step or wanted.breaks:
        records = await _stepped(wanted, replay, left)
    elif wanted.watched:
        records = await witness(replay, left, wanted.watched)
    else:
        with counting("Folding", sum(end - start for start, end in left.values())) as count:
            records = await replay.run(left, speed=wanted.speed, count=count)
    note = replay.scratch.note
    return Report(
        into=str(replay.scratch.directory),
        source=note.source,
        until=note.until,
        as_of=from_ms(note.as_of).isoformat(),
        records=records,
        **replay.replayer.replayed._asdict(),
    )


async def _stepped(wanted: Wanted, replay: Replay, left: Left) -> int:
    people = People(replay.source)
    breaks = [await people.meant(condition) for condition in wanted.breaks]
    conversation = Conversation(breaks, Lines(sys.stdin), people, apart=wanted.json)
    stops = everywhere if wanted.step else wherever(breaks)
    stepper = Stepper(replay.replayer, stops, conversation.ask, replay.scratch.in_pieces)
    records = await stepper.run(replay.source.log, left, replay.until)
    if not conversation.stops:
        click.echo("It stopped nowhere: none of the events that were left to fold is meant.", err=True)
    await replay.scratch.done(records)
    return records


def _tell(report: Report, wanted: Wanted) -> None:
    if wanted.json:
        click.echo(json_text(report))
        return
    click.echo(f"{report.records} records of {report.source} folded into {report.into}, {report.rows} rows.")
    for what, number in (
        ("folded to nothing, their actor lacked the right", report.refused),
        ("of a type that this program does not know", report.unknown),
        ("given up by an operator", report.skipped),
        ("parked: their handler failed", report.parked),
    ):
        if number:
            click.echo(f"{number} {what}.")


async def _serve(settings: Settings, wanted: Wanted, replay: Replay) -> None:
    source, scratch = replay.source, replay.scratch
    host, port = address(wanted.serve or "", "--serve")
    try:
        async with serving(settings, source, scratch, host, port) as server:
            moment = from_ms(scratch.note.as_of).isoformat()
            # Beside JSON this is for people, too.
            click.echo(
                f"The platform as of {moment}, for reading only: http://{host}:{server.port}  (Ctrl-C stops it)",
                err=wanted.json,
            )
            for handle in map(handle_of, wanted.people):
                token = server.token(await _account(scratch.views, handle))
                url = f"http://{host}:{server.port}/v1/home"
                click.echo(f"As @{handle}: curl -H 'Authorization: Bearer {token}' {url}", err=wanted.json)
            await asyncio.get_running_loop().create_future()
    except OSError as error:
        raise SettingsInvalid(f"--serve {wanted.serve}: {error.strerror}") from error


async def _account(reads: Reads, handle: str) -> UUID:
    account = await PEOPLE.account_of(reads, handle_of(handle))
    if account is None:
        raise _nobody(handle)
    return account


def _nobody(handle: str) -> click.BadParameter:
    return click.BadParameter(f"nobody had the handle @{handle_of(handle)} then", param_hint="--as")
