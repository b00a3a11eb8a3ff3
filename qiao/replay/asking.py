"""The conversation of a stepped replay: what a stop shows, and what may be answered."""

import asyncio
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.text import Text

from libs.events.standins import with_stand_ins
from libs.projections.previewing import Change, Preview
from libs.projections.projection import Need
from libs.views import Table
from libs.views.recording import Asked
from qiao.replay.expressions import Expression, ExpressionInvalid
from qiao.replay.people import People
from qiao.replay.stepping import Quit, Stop, Stops, everywhere, nowhere, wherever
from qiao.tailing.lines import as_text, line_of

SHOWN = 5
"""Rows of one scan that are shown."""

HELP = "n(ext), c(ontinue), u(ntil) EXPRESSION, q(uit)"


class Lines:
    """Lines of a text stream, read in a thread of its own: a terminal may be silent for ever."""

    def __init__(self, stream: TextIO) -> None:
        """Reads a line when it is asked for one, never before."""
        self._stream, self._loop = stream, asyncio.get_running_loop()

    async def next(self) -> str:
        """The next line; empty at the end."""
        line: asyncio.Future[str] = self._loop.create_future()
        threading.Thread(target=self._read, args=(line,), daemon=True, name="read answers").start()
        return await line

    def _read(self, line: asyncio.Future[str]) -> None:
        text = self._stream.readline()
        # Whoever asked may be gone by now, and the loop with them.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_answer, line, text)


def _answer(line: asyncio.Future[str], text: str) -> None:
    if not line.done():
        line.set_result(text)


class Conversation:
    """Shows stops and takes answers, at a terminal or from a pipe."""

    def __init__(self, breaks: Sequence[Expression], lines: Lines, people: People, *, apart: bool = False) -> None:
        """`breaks` hold however one goes on. `apart` is on standard error, where standard output is for a program."""
        self._breaks, self._lines, self._people, self._apart = list(breaks), lines, people, apart
        self.stops = 0
        """How often it has stopped."""
        self._console = Console(highlight=False, soft_wrap=True, stderr=apart)

    async def ask(self, stop: Stop) -> Stops:
        """See `Ask`."""
        self.stops += 1
        for text in shown(stop, await self._people.named_in(stop.record)):
            self._console.print(text)
        while True:
            self._say(f"{HELP}: ", nl=False)
            line = await self._lines.next()
            if not sys.stdin.isatty():
                self._say(line.strip())
            stops = await self._answered(line)
            if stops is not None:
                return stops

    async def _answered(self, line: str) -> Stops | None:
        """None where it was not understood, which was said."""
        word, _, rest = line.strip().partition(" ")
        if not line or word in ("q", "quit"):
            raise Quit
        if word in ("", "n", "next"):
            return everywhere
        if word in ("c", "continue"):
            return wherever(self._breaks) if self._breaks else nowhere
        if word in ("u", "until") and rest:
            return await self._until(rest)
        self._say(f"{word!r} is none of {HELP}")
        return None

    async def _until(self, text: str) -> Stops | None:
        try:
            return wherever([*self._breaks, await self._people.meant(Expression(text))])
        except ExpressionInvalid as error:
            self._say(str(error))
            return None

    def _say(self, text: str, *, nl: bool = True) -> None:
        click.echo(text, nl=nl, err=self._apart)


def shown(stop: Stop, names: Mapping[UUID, str]) -> Iterator[Text]:
    """The event, with the handles of whom it names, then what each projection reads and is about to write."""
    yield as_text(line_of(stop.record), names)
    yield Text(f"  {with_stand_ins(stop.record.value.decode(errors='replace'))}", style="dim")
    if stop.failure is not None:
        yield Text(f"  its handler fails, so it will be parked: {stop.failure!r}", style="red")
    elif not stop.previews:
        yield Text("  no projection does anything with it")
    for preview in stop.previews:
        yield from _previewed(preview)


def _previewed(preview: Preview) -> Iterator[Text]:
    yield Text(f"  {preview.projection}", style="bold")
    for need, row in preview.read.items():
        yield Text(f"    reads  {_address(need)}  {_values(need.table, row) if row is not None else 'nothing'}")
    for asked in preview.later:
        yield from _asked(asked)
    for reason in preview.refusals:
        yield Text(f"    folds to nothing: {reason}", style="yellow")
    for change in preview.changes:
        yield from changed(change)
    for event in preview.emissions:
        yield Text(f"    would emit {type(event).__name__}, which a replay does not", style="dim")


def _asked(asked: Asked) -> Iterator[Text]:
    """A read of the second phase, with the first rows of what a scan came to."""
    address = _address(Need(asked.table, asked.key))
    if not asked.is_scan:
        yield Text(f"    then   {address}  {_values(asked.table, asked.rows[0]) if asked.rows else 'nothing'}")
        return
    yield Text(f"    then   {address}  {len(asked.rows)} rows")
    for row in asked.rows[:SHOWN]:
        key = ", ".join(map(str, asked.table.key_of(row)[len(asked.key) :]))
        yield Text(f"             ({key})  {_values(asked.table, row)}", style="dim")
    if len(asked.rows) > SHOWN:
        yield Text(f"             and {len(asked.rows) - SHOWN} more", style="dim")


def changed(change: Change) -> Iterator[Text]:
    """A row as a diff: + new, - and + changed, = there already."""
    address = _address(Need(change.table, change.key))
    after = _values(change.table, change.after)
    if change.alike:
        yield Text(f"    =      {address}  {after}", style="dim")
        return
    if change.before is not None:
        yield Text(f"    -      {address}  {_values(change.table, change.before)}", style="red")
    yield Text(f"    +      {address}  {after}", style="green")


def _address(need: Need) -> str:
    return f"{need.table.name}({', '.join(map(str, need.key))})"


def _values(table: Table[msgspec.Struct], row: msgspec.Struct) -> str:
    """The columns outside the key, as JSON, with stand-ins for what is sealed; empty where the key is all there is."""
    values = {name: getattr(row, name) for name in table.values}
    return with_stand_ins(msgspec.json.encode(values).decode()) if values else ""
