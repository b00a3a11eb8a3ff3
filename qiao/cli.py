"""The command `qiao`: every role and tool of the platform."""

import asyncio
import sys

import click

from libs.log import LogError
from libs.projections import ProjectionRefused
from libs.vault import VaultUnavailable
from libs.vault.backup import BackupLocked, NotABackup, RestoreUnfinished, VaultInUse
from libs.vault.epochs import TopicChanged, TopicUnknown
from libs.vault.wrapping import WrongMasterKey
from libs.views import SchemaRefused, ViewsUnavailable
from libs.views.port import SchemaOutdated
from qiao.commands.at import at_group
from qiao.commands.audit import audit_group
from qiao.commands.capacity import capacity_command
from qiao.commands.capture import capture_command
from qiao.commands.diff import diff_command
from qiao.commands.events import events_group
from qiao.commands.journey import journey_command
from qiao.commands.load import load_command
from qiao.commands.migrate import migrate_command
from qiao.commands.parked import parked_group
from qiao.commands.rebuild import rebuild_command
from qiao.commands.replay import digest_command, replay_command
from qiao.commands.restore import restore_command
from qiao.commands.run import gateway_command, gateway_process_command, up_command, worker_command
from qiao.commands.sections import Sections
from qiao.commands.seed import seed_command
from qiao.commands.settings import settings_command
from qiao.commands.sql import sql_command
from qiao.commands.trace import trace_command
from qiao.commands.trying import try_group
from qiao.commands.vault import vault_group
from qiao.commands.why import why_command
from qiao.load import GatewayAway, GraphInvalid, Refused
from qiao.servers import servers_command
from qiao.settings import SettingsInvalid
from qiao.traces.reading import TracesUnreadable

EXPECTED = (
    BackupLocked,
    GatewayAway,
    GraphInvalid,
    LogError,
    NotABackup,
    ProjectionRefused,
    Refused,
    RestoreUnfinished,
    SchemaOutdated,
    SchemaRefused,
    SettingsInvalid,
    TopicChanged,
    TopicUnknown,
    TracesUnreadable,
    VaultInUse,
    VaultUnavailable,
    ViewsUnavailable,
    WrongMasterKey,
)
"""What a person can do something about: told in one line, not as a stack trace."""


@click.group(cls=Sections, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="qiao")
def qiao() -> None:
    """Qiao (桥): a social platform for two language communities that meet overnight.

    \b
    qiao up                        everything in one process, on ./qiao-data, with a sample world
    qiao events tail               what happens, as it happens
    qiao why POST --for @lin       why a post is, or is not, in somebody's home

    docs/replaying.md walks through real investigations with the commands below.
    """


qiao.add_section("Run it", (up_command, gateway_command, worker_command, migrate_command, settings_command))
qiao.add_section("Look at what happened", (events_group, sql_command, trace_command))
qiao.add_section("Find out why", (journey_command, why_command, at_group, try_group))
qiao.add_section("Fold it again", (capture_command, replay_command, diff_command, digest_command))
qiao.add_section("Find what is wrong, and put it right", (audit_group, parked_group, rebuild_command))
qiao.add_section("Keep it, and plan for more", (vault_group, restore_command, capacity_command))
qiao.add_section("Try it out", (seed_command, load_command, servers_command))
qiao.add_command(gateway_process_command)


def main() -> None:
    """Run the command; the exit status is 1 for what can be mended and 130 for Ctrl-C."""
    try:
        sys.exit(qiao(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
    except EXPECTED as error:
        click.echo(f"qiao: {error}", err=True)
        sys.exit(1)
