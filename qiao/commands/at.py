"""`qiao at`: an answer as it was."""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple
from uuid import UUID

import click
import uvloop
from rich.console import Console
from rich.text import Text

from libs.http.shapes import Card
from qiao.asof.answers import NotThere, PastAnswer, Questions
from qiao.asof.past import Past, open_past
from qiao.commands.interrupting import interruptible
from qiao.commands.opening import open_on_record, passphrase, settings_for
from qiao.commands.piping import piped
from qiao.commands.printing import json_text
from qiao.commands.progress import counting
from qiao.settings import Settings
from qiao.sources import LIVE, open_source
from qiao.times import TIME, from_ms
from qiao.trouble import NothingFound

_AGO = re.compile(r"-\d[\dwdhms]*")

Question = Callable[[Questions], Awaitable[PastAnswer]]


class Moment(NamedTuple):
    """What every question is asked with."""

    ms: int
    source: str
    with_keys: bool
    limit: int
    json: bool


class TimeFirst(click.Group):
    """A group whose argument may be '-10m', which is no option, and whose options may stand anywhere behind it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click, which takes a group's options before its argument only."""
        if not args or (args[0].startswith("-") and not _AGO.fullmatch(args[0])):
            return super().parse_args(ctx, args)
        own, rest = self._parted(args[1:])
        if rest and rest[0] in ctx.help_option_names:
            own, rest = [*own, rest[0]], rest[1:]
        # A blank before the sign is all that it takes to be no option.
        return super().parse_args(ctx, [*own, f" {args[0]}", *rest])

    def _parted(self, words: Sequence[str]) -> tuple[list[str], list[str]]:
        """The group's own options with their values, and what is the command's."""
        options = [param for param in self.params if isinstance(param, click.Option)]
        has_value = {name: not param.is_flag for param in options for name in param.opts}
        own, rest, left = list[str](), list[str](), list(words)
        while left and left[0] != "--":
            word = left.pop(0)
            name, equals, _ = word.partition("=")
            (own if name in has_value else rest).append(word)
            if has_value.get(name) and not equals and left:
                own.append(left.pop(0))
        return own, [*rest, *left]


@click.group("at", cls=TimeFirst)
@click.argument("time", type=TIME, metavar="TIME")
@click.option("--source", default=LIVE, show_default=True, help="A slice, a data folder, kafka://..., or live.")
@click.option("--open", "open_", is_flag=True, help="Show what people wrote. It needs the keys and is on the record.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="Cards on the page.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def at_group(context: click.Context, time: int, source: str, open_: bool, limit: int, as_json: bool) -> None:
    """Show an answer as it was at TIME, by folding just the events that it rests on.

    TIME is such as '-1h', '14:05' or '2025-01-14T09:30+08:00', by the log's clock. The exit status is 1 where there was
    nobody and nothing of that name then.

    \b
    qiao at -10m home lin
    qiao at 2025-01-14T09:30Z --source incident.qiao profile lin --as mei
    qiao at -1h card 0194623d-5c6e-7e2a-8f0a-3f1f0e5a9c11 --json
    """
    context.obj = Moment(time, source, open_, limit, as_json)


@at_group.command("home")
@click.argument("handle")
@click.pass_obj
def home_command(moment: Moment, handle: str) -> None:
    """The first page of HANDLE's home.

    \b
    qiao at -10m home lin
    """
    _tell(moment, _asked(moment, lambda asking: asking.home(handle)))


@at_group.command("profile")
@click.argument("handle")
@click.option("--as", "viewer", metavar="HANDLE", help="As this one saw it.")
@click.pass_obj
def profile_command(moment: Moment, handle: str, viewer: str | None) -> None:
    """HANDLE's profile, and the first page of what they wrote.

    \b
    qiao at -10m profile lin --as mei
    """
    _tell(moment, _asked(moment, lambda asking: asking.profile(handle, viewer)))


@at_group.command("card")
@click.argument("post", type=click.UUID)
@click.option("--as", "viewer", metavar="HANDLE", help="As this one saw it.")
@click.pass_obj
def card_command(moment: Moment, post: UUID, viewer: str | None) -> None:
    """One post: its text, its counts.

    \b
    qiao at -1h card 0194623d-5c6e-7e2a-8f0a-3f1f0e5a9c11
    """
    _tell(moment, _asked(moment, lambda asking: asking.card(post, viewer)))


def _asked(moment: Moment, question: Question) -> PastAnswer:
    try:
        return uvloop.run(interruptible(_ask(settings_for("at", opening=moment.with_keys), moment, question)))
    except NotThere as error:
        raise NothingFound(str(error)) from error


async def _ask(settings: Settings, moment: Moment, question: Question) -> PastAnswer:
    async with open_source(moment.source, settings, with_keys=moment.with_keys, passphrase=passphrase()) as source:
        if moment.with_keys:
            open_on_record(source)
        with counting("Looking for what it rests on") as count:

            def past() -> AbstractAsyncContextManager[Past]:
                return open_past(settings, source, moment.ms, count)

            return await question(Questions(past, source.keys, moment.ms, moment.limit))


def _tell(moment: Moment, answer: PastAnswer) -> None:
    with piped():
        if moment.json:
            click.echo(json_text(answer))
            return
        console = Console(highlight=False, soft_wrap=True)
        console.print(Text(f"as of {from_ms(moment.ms).astimezone():%Y-%m-%d %H:%M:%S %z}", style="dim"))
        if (profile := answer.profile) is not None:
            followers, following = profile.counts.followers, profile.counts.following
            console.print(f"@{profile.handle}  {profile.display_name}  {followers} followers, {following} following")
        for card in answer.cards:
            console.print(_line(card))
        if not answer.cards:
            console.print("Nothing was to be seen.")
        if answer.more:
            console.print("... and more", style="dim")


def _line(card: Card) -> Text:
    line = Text(f"{card.created_at.astimezone():%Y-%m-%d %H:%M:%S}", style="dim")
    line.append(f"  {card.id}", style="cyan").append(f"  @{card.author.handle}", style="green")
    counts = f"  {card.counts.likes} likes, {card.counts.saves} saves, {card.counts.replies} replies"
    return line.append(counts).append(f"  {card.text}")
