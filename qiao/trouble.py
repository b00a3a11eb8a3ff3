"""What kept a command from its answer."""

from typing import IO

import click

TROUBLE = 2
"""The exit status, as where a command line is not understood. 1 is an answer."""


class Trouble(click.ClickException):
    """Told in one line, not as a stack trace."""

    exit_code = TROUBLE

    def show(self, file: IO[str] | None = None) -> None:
        """As all trouble is told."""
        click.echo(f"qiao: {self.format_message()}", file=file, err=file is None)
