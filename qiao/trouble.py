"""What kept a command from its answer."""

import click

TROUBLE = 2
"""The exit status, as where a command line is not understood. 1 is an answer."""


class Trouble(click.ClickException):
    """Told in one line, not as a stack trace."""

    exit_code = TROUBLE
