"""`--help` of every command: what it does, and examples that its own command line takes."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from qiao.cli import SECTIONS, UNLISTED, qiao

ROOT = Path(__file__).parents[4]
_EXAMPLE = re.compile(r"^\s*(?:[A-Z_]+=\S+ )*qiao (.*)$")


def _commands(group: click.Group, name: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for each in group.list_commands(context):
        command = group.get_command(context, each)
        assert command is not None
        assert command.name == each
        full = f"{name} {command.name}".strip()
        if isinstance(command, click.Group):
            yield from _commands(command, full)
        elif not command.hidden:
            yield full, command


COMMANDS = dict(_commands(qiao))


def examples(command: click.Command) -> list[str]:
    """The lines of its help that call it, without `qiao`."""
    return [found[1] for line in (command.help or "").splitlines() if (found := _EXAMPLE.match(line))]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_in_its_first_line_what_it_does(name: str) -> None:
    help_text = COMMANDS[name].help or ""
    assert help_text.strip().splitlines()[0].rstrip(":").endswith((".", "like")), help_text


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("servers", "settings")])
def test_every_example_is_taken_by_its_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = examples(COMMANDS[name])
    assert found
    for example in found:
        words = shlex.split(example)
        words = words[: words.index("|")] if "|" in words else words
        assert _taken(qiao, words) is COMMANDS[name], example


def _taken(command: click.Command, words: Sequence[str], parent: click.Context | None = None) -> click.Command:
    """Which command takes these words. Raises click.ClickException where none does."""
    context = command.make_context(command.name, list(words), parent=parent)
    if not isinstance(command, click.Group):
        return command
    _, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
    assert inner is not None, words
    return _taken(inner, rest, context)


def test_the_programs_own_help_lists_every_command_once_by_what_it_is_for() -> None:
    listed = re.findall(
        r"^  (\w+) {2,}\S", CliRunner().invoke(qiao, ["--help"]).stdout.partition("Run it:")[2], re.MULTILINE
    )
    assert listed == qiao.list_commands(click.Context(qiao))
    assert listed[0] == "up"


@pytest.mark.parametrize("name", UNLISTED)
def test_what_is_not_listed_is_there_and_hidden(name: str) -> None:
    command = qiao.get_command(click.Context(qiao), name)
    assert command is not None
    assert command.name == name
    assert command.hidden


@pytest.mark.parametrize(
    ("module", "unread"),
    [
        ("qiao.cli", {"aiohttp", "aiokafka", "cassandra", "cel", "opentelemetry"}),
        ("qiao.commands.run", {"aiokafka", "cassandra", "cel"}),
    ],
)
def test_a_command_reads_no_library_that_it_may_not_need(module: str, unread: set[str]) -> None:
    read = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()
    assert not unread & set(read)


TOOLS = ("Look at what happened", "Find out why", "Fold it again", "Find what is wrong, and put it right")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_replay_tool_prints_json_when_it_is_asked_to(name: str) -> None:
    tool = name.split()[0]
    if tool in (each for section in SECTIONS if section.title in TOOLS for each in section.commands):
        group = qiao.get_command(click.Context(qiao), tool)
        assert group is not None
        # Groups whose commands answer one kind of question take it for all of them.
        assert "--json" in [option for each in (*group.params, *COMMANDS[name].params) for option in each.opts]


def test_options_are_all_explained_or_obvious() -> None:
    for name, command in COMMANDS.items():
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help or option.show_default, f"{name} {option.name}"
