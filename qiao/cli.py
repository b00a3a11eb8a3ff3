"""The command `qiao`: every role and tool of the platform."""

import asyncio
import sys

import click

from qiao.commands.sections import Section, Sections
from qiao.trouble import Trouble

SECTIONS = (
    Section(
        "Run it",
        {
            "up": "qiao.commands.run:up_command",
            "gateway": "qiao.commands.run:gateway_command",
            "worker": "qiao.commands.run:worker_command",
            "migrate": "qiao.commands.migrate:migrate_command",
            "settings": "qiao.commands.settings:settings_command",
        },
    ),
    Section(
        "Look at what happened",
        {
            "events": "qiao.commands.events:events_group",
            "sql": "qiao.commands.sql:sql_command",
            "trace": "qiao.commands.trace:trace_command",
        },
    ),
    Section(
        "Find out why",
        {
            "journey": "qiao.commands.journey:journey_command",
            "why": "qiao.commands.why:why_command",
            "at": "qiao.commands.at:at_group",
            "try": "qiao.commands.trying:try_group",
        },
    ),
    Section(
        "Fold it again",
        {
            "capture": "qiao.commands.capture:capture_command",
            "replay": "qiao.commands.replay:replay_command",
            "diff": "qiao.commands.diff:diff_command",
            "digest": "qiao.commands.replay:digest_command",
        },
    ),
    Section(
        "Find what is wrong, and put it right",
        {
            "audit": "qiao.commands.audit:audit_group",
            "parked": "qiao.commands.parked:parked_group",
            "rebuild": "qiao.commands.rebuild:rebuild_command",
        },
    ),
    Section(
        "Keep it, and plan for more",
        {
            "vault": "qiao.commands.vault:vault_group",
            "restore": "qiao.commands.restore:restore_command",
            "capacity": "qiao.commands.capacity:capacity_command",
        },
    ),
    Section(
        "Try it out",
        {
            "seed": "qiao.commands.seed:seed_command",
            "load": "qiao.commands.load:load_command",
            "servers": "qiao.servers:servers_command",
        },
    ),
)
UNLISTED = {"gateway-process": "qiao.commands.run:gateway_process_command"}


@click.group(cls=Sections, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="qiao")
def qiao() -> None:
    """Qiao (桥): a social platform for two language communities that meet overnight.

    \b
    qiao up                        everything in one process, on ./qiao-data, with a sample world
    qiao events tail               what happens, as it happens
    qiao why POST --for @lin       why a post is, or is not, in somebody's home

    The exit status is 0 once it is done, 1 where the answer is no (they differ, nothing was found, refused), and 2
    for trouble. docs/replaying.md walks through real investigations with the commands below.
    """


qiao.add_sections(SECTIONS, unlisted=UNLISTED)


def main() -> None:
    """Run the command, and exit with its status, 130 after Ctrl-C."""
    try:
        sys.exit(qiao(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
    except Exception as error:
        # Read only now: what can go wrong is declared all over the house.
        from qiao.expected import EXPECTED

        if not isinstance(error, EXPECTED):
            raise
        trouble = Trouble(str(error))
        trouble.show()
        sys.exit(trouble.exit_code)
