"""The right to see what people wrote: for who has the keys, on demand, and on the record."""

import logging
import os
import sys

import click

from qiao.commands.environment import environment_settings
from qiao.commands.operator import operator
from qiao.settings import Settings, load
from qiao.sources import NoKeys, Source

PASSPHRASE = "QIAO_PASSPHRASE"  # noqa: S105 - the name of one
"""The variable with the passphrase of a slice's keys."""

_log = logging.getLogger("qiao.opening")


def passphrase() -> str | None:
    """Of the keys that a slice carries, where the environment has one."""
    return os.environ.get(PASSPHRASE) or None


def new_passphrase(what: str = "--with-keys", *, once: bool = False) -> str:
    """For what leaves: from the environment, else asked for twice, or `once` for what is to open.

    Raises click.UsageError where nobody answers.
    """
    if given := passphrase():
        return given
    if not sys.stdin.isatty():
        raise click.UsageError(f"{what} needs a passphrase: set {PASSPHRASE}, or run it on a terminal")
    text: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=not once, err=True)
    return text


def settings_for(role: str, *, opening: bool) -> Settings:
    """The settings; for who opens what people wrote with logging, for it is on the record. Raises SettingsInvalid."""
    return environment_settings(role) if opening else load(os.environ)


def open_on_record(source: Source) -> None:
    """Note who opens what people wrote in a source. Raises click.UsageError where there are no keys to open it with."""
    if isinstance(source.keys, NoKeys):
        raise click.UsageError(f"--open: {source.name} comes without keys; a slice that has them needs {PASSPHRASE}")
    put_on_record(source.name)


def put_on_record(what: str) -> None:
    """Note that what people wrote is opened, and by whom."""
    _log.warning("opens what people wrote", extra={"operator": operator(), "source": what})
