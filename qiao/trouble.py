"""What kept a command from its answer."""

from typing import IO

import click


class Trouble(click.ClickException):
    """Told in one line, not as a stack trace."""

    exit_code = 2
    """As where a command line is not understood. 1 is an answer."""

    def show(self, file: IO[str] | None = None) -> None:
        """As all trouble is told."""
        click.echo(f"qiao: {self.format_message()}", file=file, err=file is None)


class NothingFound(Trouble):
    """There is no such thing: an answer, told like trouble."""

    exit_code = 1
