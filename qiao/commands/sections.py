"""A group whose help lists its commands by what they are for, in the order in which one meets them."""

import inspect
import re
from collections.abc import Sequence

import click


class Sections(click.Group):
    """Commands are added with `add_section`; one that is in none is not listed."""

    def add_section(self, title: str, commands: Sequence[click.Command]) -> None:
        """The next section of the help."""
        for command in commands:
            self.add_command(command)
        self._sections = [*getattr(self, "_sections", ()), (title, commands)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See click."""
        width = max(len(command.name or "") for _, commands in self._sections for command in commands)
        for title, commands in self._sections:
            with formatter.section(title):
                formatter.write_dl([((command.name or "").ljust(width), _briefly(command)) for command in commands])


def _briefly(command: click.Command) -> str:
    """What its help says first."""
    [paragraph, *_] = inspect.cleandoc(command.help or "").split("\n\n")
    return re.split(r"[.:;](?:\s|$)", paragraph)[0].replace("\n", " ")
