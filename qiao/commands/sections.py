"""A group that lists its commands by what they are for, and reads a command's module only when it is asked for.

Each tool brings libraries of its own: reading them all would cost every command half a second.
"""

import importlib
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import click

from qiao.commands.piping import had_enough


class Section(NamedTuple):
    """Commands that one looks for together."""

    title: str
    commands: Mapping[str, str]
    """Name -> where it is: `module:attribute`."""


class Sections(click.Group):
    """Commands that are in no section are not listed.

    Whoever reads what any of them says may have had enough at any time: the exit status is 0 then, and a command whose
    status tells what it found sees to that itself. It is seen to here, because click makes a failure of it.
    """

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """See click. It prints help."""
        try:
            return super().make_context(*args, **kwargs)
        except BrokenPipeError as error:
            if not had_enough(error):
                raise
            raise click.exceptions.Exit(0) from None

    def invoke(self, ctx: click.Context) -> object:
        """See click."""
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, SystemExit) as error:
            if not had_enough(error):
                raise
            return None

    def add_sections(self, sections: Sequence[Section], *, unlisted: Mapping[str, str]) -> None:
        """All commands, in the order in which one meets them."""
        self._sections = sections
        self._places = {**unlisted}
        for section in sections:
            self._places |= section.commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See click."""
        return [name for section in self._sections for name in section.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See click."""
        if cmd_name not in self.commands and cmd_name in self._places:
            module, attribute = self._places[cmd_name].split(":")
            self.add_command(getattr(importlib.import_module(module), attribute))
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See click."""
        width = max(len(name) for section in self._sections for name in section.commands)
        for section in self._sections:
            with formatter.section(section.title):
                formatter.write_dl([(name.ljust(width), self._briefly(ctx, name)) for name in section.commands])

    def _briefly(self, ctx: click.Context, name: str) -> str:
        """What a command's help says first."""
        command = self.get_command(ctx, name)
        [paragraph, *_] = inspect.cleandoc((command and command.help) or "").split("\n\n")
        return re.split(r"[.:;](?:\s|$)", paragraph)[0].replace("\n", " ")
