"""What the commands that look for events share: their options, the right to open, and how lines are printed."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeVar
from uuid import UUID

import click
import msgspec
from rich.console import Console

from libs.events import all_specs
from qiao.commands.opening import open_on_record, passphrase, settings_for
from qiao.looking import Pipeline, Registrations, Wanted
from qiao.looking.who import account_named
from qiao.sources import LIVE, Source, open_source
from qiao.tailing.lines import Line, as_json, as_text
from qiao.times import TIME

F = TypeVar("F", bound=Callable[..., None])

TOPICS = sorted({spec.topic for spec in all_specs()})
TYPES = sorted(spec.type for spec in all_specs())

SOURCE = click.option(
    "--source", default=LIVE, show_default=True, help="live, a slice, a log.db, a data folder or kafka://host:port."
)
OPEN = click.option(
    "--open", "opening", is_flag=True, help="Show what people wrote. It needs the master key and is on the record."
)
JSON = click.option("--json", "json", is_flag=True, help="One JSON object a line; what is sealed stays a token.")

_FILTERS = (
    click.option("--topic", "topics", multiple=True, type=click.Choice(TOPICS), metavar="TOPIC", help="Only this one."),
    click.option("--type", "types", multiple=True, type=click.Choice(TYPES), metavar="TYPE", help="Only this one."),
    click.option("--key", "keys", multiple=True, metavar="KEY", help="Filed under it: the id of a post, an account."),
    click.option("--actor", "actors", multiple=True, metavar="@HANDLE|ID", help="Done by this account."),
    click.option("--correlation", "correlations", multiple=True, type=click.UUID, metavar="ID", help="Of one story."),
    click.option("--from", "since", type=TIME, metavar="TIME", help="Appended from then on: -15m, 14:05, 2025-01-14."),
    click.option("--text", default="", metavar="TEXT", help="What people wrote has it, in whatever case. With --open."),
)


def filters(command: F) -> F:
    """The options that narrow down which events are meant; the command gets a `Filters` of their values."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """The values of the options, handles not looked up yet."""

    topics: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    correlations: tuple[UUID, ...] = ()
    since: int | None = None
    until: int | None = None
    text: str = ""

    async def wanted(self, source: Source) -> Wanted:
        """Raises NobodyNamed for a handle that nobody in the source has, LogUnavailable."""
        return Wanted(
            topics=frozenset(self.topics),
            types=frozenset(self.types),
            keys=frozenset(self.keys),
            actors=frozenset([await account_named(source, text) for text in self.actors]),
            correlations=frozenset(self.correlations),
            since=self.since,
            until=self.until,
            text=self.text,
        )


class Looking(NamedTuple):
    """An open source, and what is done with what is found in it."""

    source: Source
    pipeline: Pipeline
    show: Callable[[Sequence[Line], Mapping[UUID, str]], None]


@asynccontextmanager
async def looking(source: str, *, opening: bool, json: bool, dated: bool, text: str = "") -> AsyncIterator[Looking]:
    """Open the source for a command. Raises UsageError where there are no keys to open with, and as `open_source`."""
    if text and not opening:
        raise click.UsageError("--text looks into what people wrote: it needs --open")
    settings = settings_for("events", opening=opening)
    async with open_source(source, settings, with_keys=opening, passphrase=passphrase()) as opened:
        if opening:
            open_on_record(opened)
        pipeline = Pipeline(
            keys=opened.keys if opening else None,
            text=text,
            handles=None if json else Registrations(opened.log, opened.bounds),
        )
        yield Looking(opened, pipeline, _json_lines if json else _text_lines(dated=dated))


def _json_lines(lines: Sequence[Line], _names: Mapping[UUID, str]) -> None:
    for line in lines:
        click.echo(as_json(line))


def _text_lines(*, dated: bool) -> Callable[[Sequence[Line], Mapping[UUID, str]], None]:
    console = Console(highlight=False, soft_wrap=True)

    def show(lines: Sequence[Line], names: Mapping[UUID, str]) -> None:
        for line in lines:
            text = as_text(line, names, dated=dated)
            if console.is_terminal:
                console.print(text)
            else:
                click.echo(text.plain)

    return show
