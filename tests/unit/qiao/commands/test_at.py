"""The options that all questions about a moment share may stand on either side of the question."""

import pytest

from qiao.commands.at import at_group
from qiao.commands.trying import try_group


@pytest.mark.parametrize(
    "line", ["-10m --json --limit 5 home lin", "-10m home lin --json --limit 5", "-10m home --limit=5 lin --json"]
)
def test_the_options_of_a_moment_may_stand_behind_the_question(line: str) -> None:
    context = at_group.make_context("at", line.split())
    assert (context.params["as_json"], context.params["limit"]) == (True, 5)
    assert [*context._protected_args, *context.args] == ["home", "lin"]


def test_what_belongs_to_the_question_is_left_to_it() -> None:
    context = at_group.make_context("at", ["now", "profile", "lin", "--as", "mei", "--open"])
    assert context.params["open_"]
    assert [*context._protected_args, *context.args] == ["profile", "lin", "--as", "mei"]


def test_behind_two_dashes_nothing_is_an_option() -> None:
    context = try_group.make_context("try", ["now", "post", "lin", "--", "--json"])
    assert not context.params["as_json"]
    assert [*context._protected_args, *context.args] == ["post", "lin", "--", "--json"]
