"""The examples in the help of `qiao audit`, which is a command and a group."""

import shlex

import pytest

from qiao.commands.audit import audit_group, show_command
from tests.unit.qiao.commands.test_help import examples


def test_there_are_some() -> None:
    assert len(examples(audit_group)) >= 4


@pytest.mark.parametrize("example", examples(audit_group))
def test_every_example_is_taken(example: str) -> None:
    name, *words = shlex.split(example)
    assert name == "audit"
    command, rest = (show_command, words[1:]) if words[:1] == ["show"] else (audit_group, words)
    command.make_context(name, rest)
