"""`qiao settings`."""

import os

import click
from rich.console import Console
from rich.table import Column, Table

from libs.telemetry.logs import without_secrets
from qiao.settings import OF_COMMANDS, PREFIX, load, meanings

HIDDEN = ("secret", "master_key", "kafka_password", "cassandra_password")


@click.command("settings")
def settings_command() -> None:
    """Show every QIAO_* variable: its value now, and what it means. Secrets are not shown."""
    settings = load(os.environ)
    table = Table("Variable", Column("Now", overflow="fold"), Column("Meaning", overflow="fold"), show_edge=False)
    for name, meaning in meanings().items():
        value = without_secrets(str(getattr(settings, name)))
        table.add_row(f"{PREFIX}{name.upper()}", "***" if name in HIDDEN and value else value, meaning)
    for name, meaning in OF_COMMANDS.items():
        value = os.environ.get(f"{PREFIX}{name.upper()}", "")
        table.add_row(f"{PREFIX}{name.upper()}", "***" if name == "passphrase" and value else value, meaning)
    Console().print(table)
