"""`qiao capture`: a part of a log into a slice."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import click
import msgspec
import uvloop

from libs.log.slices import Manifest, Selection
from qiao.asserting import CaseFiles, CaseRefused, case_files, write_case
from qiao.capturing import Ask, CaptureStep, Outcome, capture
from qiao.commands.interrupting import interruptible
from qiao.commands.opening import new_passphrase, settings_for
from qiao.commands.operator import operator
from qiao.commands.piping import piped
from qiao.commands.printing import json_text
from qiao.commands.progress import Count, counting
from qiao.looking.who import account_named
from qiao.settings import Settings
from qiao.sources import LIVE, open_source
from qiao.times import TimeInvalid, parse_time

DOING = {
    "looking": "Looking who refers to whom",
    "following": "Following causes and effects",
    "writing": "Writing the slice",
}


class Said(NamedTuple):
    """A time, in the words of who asks and in milliseconds since 1970 UTC."""

    text: str
    ms: int


class SaidType(click.ParamType[Said]):
    """A time whose words are remembered: `-15m` is the same argument when the command is repeated."""

    name = "time"

    def convert(self, value: str | Said, param: click.Parameter | None, ctx: click.Context | None) -> Said:
        """See click."""
        if isinstance(value, Said):
            return value
        try:
            return Said(value, parse_time(value, datetime.now(UTC)))
        except TimeInvalid as error:
            self.fail(str(error), param, ctx)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, names not looked up yet."""

    out: Path
    source: str
    since: Said | None
    until: Said | None
    accounts: tuple[str, ...]
    posts: tuple[UUID, ...]
    topics: tuple[str, ...]
    correlations: tuple[UUID, ...]
    closure: bool
    passphrase: str | None
    as_test: bool
    json: bool

    @property
    def arguments(self) -> tuple[str, ...]:
        """The selection in words: the same for the same command."""
        times = [f"--{name} {said.text}" for name, said in (("from", self.since), ("to", self.until)) if said]
        groups = {"account": self.accounts, "post": self.posts, "topic": self.topics, "correlation": self.correlations}
        named = sorted(f"--{name} {each}" for name, group in groups.items() for each in group)
        return (*times, *named, *(["--closure"] if self.closure else []))


_TIME = SaidType()


@click.command("capture")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False), metavar="[OUT.qiao]", required=False)
@click.option("--source", default=LIVE, show_default=True, help="live, a slice, a data folder or kafka://host:port.")
@click.option("--from", "since", type=_TIME, metavar="TIME", help="Nothing from before it, but for causes.")
@click.option("--to", "until", type=_TIME, metavar="TIME", help="Nothing from then on.")
@click.option("--account", "accounts", multiple=True, metavar="HANDLE|ID", help="What it did, and what names it.")
@click.option("--post", "posts", multiple=True, type=click.UUID, metavar="ID", help="What is about it.")
@click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="Only this topic of the log.")
@click.option("--correlation", "correlations", multiple=True, type=click.UUID, metavar="ID", help="One whole story.")
@click.option("--closure", is_flag=True, help="With causes, from however long ago, and effects.")
@click.option("--with-keys", is_flag=True, help="With the keys to what people wrote, under a passphrase.")
@click.option("--as-test", metavar="NAME", help="Into tests/slices, with a test of the rows that it folds into.")
@click.option("--json", is_flag=True, help="Print the manifest as JSON.")
def capture_command(
    out: Path | None,
    source: str,
    since: Said | None,
    until: Said | None,
    accounts: Sequence[str],
    posts: Sequence[UUID],
    topics: Sequence[str],
    correlations: Sequence[UUID],
    closure: bool,
    with_keys: bool,
    as_test: str | None,
    json: bool,
) -> None:
    """Take a part of a log into a file of its own, a slice: to replay, to search, to send to a colleague.

    Records keep their partitions, offsets, epochs and times. Several of one option add up, different options narrow
    each other. With --closure the slice stands on its own: it has what caused the events that were asked for and what
    followed from them, and its manifest says what it is complete for. The log is only read, without a group.

    What people wrote stays sealed. --with-keys needs the master key and takes the passphrase from QIAO_PASSPHRASE or
    asks for it; it is on the record, in the log of this command and in the slice. Erasing an account does not reach
    the keys in such a slice: delete it when it has served.

    What is interrupted, for whatever reason, goes on when the same command is run again.

    \b
    qiao capture lately.qiao --from -15m
    qiao capture mei.qiao --account @mei --closure
    qiao capture posts.qiao --topic posts --json
    qiao capture --as-test mei_is_liked --account @mei --closure
    """
    if (out is None) == (as_test is None):
        raise click.UsageError("name the slice, OUT.qiao, or the test that it is for, --as-test NAME: one of the two")
    case = _case_files(as_test) if as_test else None
    wanted = Wanted(
        out=out or (case.slice if case else Path()),
        source=source,
        since=since,
        until=until,
        accounts=tuple(accounts),
        posts=tuple(posts),
        topics=tuple(topics),
        correlations=tuple(correlations),
        closure=closure,
        passphrase=new_passphrase() if with_keys else None,
        as_test=case is not None,
        json=json,
    )
    # That keys leave is a line of the log like any other.
    settings = settings_for("capture", opening=with_keys)
    outcome, rows = uvloop.run(interruptible(_capture(settings, wanted, case)))
    with piped():
        click.echo(json_text(outcome.manifest) if json else in_words(outcome))
        if case is not None and not json:
            click.echo(f"{case.code} holds {rows:,} rows against {case.rows}: change that to what should be")


def _case_files(name: str) -> CaseFiles:
    try:
        return case_files(name)
    except CaseRefused as error:
        raise click.BadParameter(str(error), param_hint="--as-test") from error


async def _capture(settings: Settings, wanted: Wanted, case: CaseFiles | None) -> tuple[Outcome, int]:
    """Capture, and write the test; the number of its rows."""
    outcome = await captured(settings, wanted)
    if case is None:
        return outcome, 0
    selection = outcome.manifest.selection
    return outcome, len(await write_case(case, (*selection.accounts, *selection.posts)))


async def captured(settings: Settings, wanted: Wanted) -> Outcome:
    """Look up the names, and capture."""
    with_keys = wanted.passphrase is not None
    async with open_source(wanted.source, settings, with_keys=with_keys, passphrase=wanted.passphrase) as source:
        selection = Selection(
            since=wanted.since.ms if wanted.since else None,
            until=wanted.until.ms if wanted.until else None,
            accounts=tuple([await account_named(source, text) for text in wanted.accounts]),
            posts=wanted.posts,
            topics=wanted.topics,
            correlations=wanted.correlations,
            closure=wanted.closure,
        )
        ask = Ask(
            out=wanted.out,
            selection=selection,
            arguments=wanted.arguments,
            passphrase=wanted.passphrase,
            operator=operator(),
            # An end may have come before the test was written.
            finished_will_do=wanted.as_test,
        )
        with Watching() as told:
            return await capture(source, ask, told.step)


class Watching:
    """Tells who waits, one line for each step."""

    def __enter__(self) -> "Watching":
        """Nothing is shown yet."""
        self._stack = ExitStack()
        self._name, self._done = "", 0
        self._count: Count = lambda more: None
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is shown any more."""
        self._stack.close()

    def step(self, step: CaptureStep) -> None:
        """The next one begins where another name comes."""
        if step.name != self._name:
            self._stack.close()
            self._count = self._stack.enter_context(counting(DOING[step.name], step.total or None))
            self._name, self._done = step.name, 0
        now = step.done if step.total else step.taken
        self._count(now - self._done)
        self._done = now


def in_words(outcome: Outcome) -> str:
    """For people: what there is, what it is complete for, and whether it opens what people wrote."""
    manifest = outcome.manifest
    counts: dict[str, int] = {}
    for part in manifest.partitions:
        counts[part.topic] = counts.get(part.topic, 0) + part.count
    topics = ", ".join(f"{topic} {count:,}" for topic, count in counts.items() if count)
    return "\n".join(
        (
            f"{outcome.path}: {manifest.count:,} events{f' ({topics})' if topics else ''}",
            f"complete for: {_complete(manifest)}",
            f"keys: {f'of {manifest.keys.accounts:,} accounts, under the passphrase' if manifest.keys else 'none'}",
        )
    )


def _complete(manifest: Manifest) -> str:
    if not manifest.complete_for:
        return "nothing as a whole; it cannot be compared with live"
    named = "; ".join(map(str, manifest.complete_for))
    return f"{named}, in its time" if manifest.selection.since is not None else named
