"""Problems: RFC 9457 on the wire, values in decisions."""

import msgspec
import pytest

from libs.http import Problem, ProblemKind, in_body, in_query
from libs.http.problems import details_of

HANDLE_TAKEN = ProblemKind(409, "handle-taken", "This handle is taken.", "这个用户名已被占用。")


def test_on_the_wire_a_problem_has_the_members_of_rfc_9457() -> None:
    problem = HANDLE_TAKEN("Choose another.", in_body("/handle", "is taken"))
    assert msgspec.to_builtins(details_of(problem, request_id="ab")) == {
        "type": "urn:qiao:problem:handle-taken",
        "status": 409,
        "title": "This handle is taken.",
        "code": "handle-taken",
        "detail": "Choose another.",
        "errors": ({"in": "body", "field": "/handle", "message": "is taken"},),
        "request_id": "ab",
    }


def test_titles_come_in_chinese_too() -> None:
    assert details_of(HANDLE_TAKEN(), language="zh").title == "这个用户名已被占用。"


def test_what_is_not_there_is_left_out() -> None:
    assert set(msgspec.to_builtins(details_of(HANDLE_TAKEN()))) == {"type", "status", "title", "code"}


def test_decisions_compare_problems_as_values() -> None:
    assert HANDLE_TAKEN("x") == HANDLE_TAKEN("x")
    assert HANDLE_TAKEN("x") != HANDLE_TAKEN("y")
    assert HANDLE_TAKEN("x", in_query("a", "b")) != HANDLE_TAKEN("x")
    assert len({HANDLE_TAKEN("x"), HANDLE_TAKEN("x")}) == 1


def test_a_problem_can_be_raised() -> None:
    with pytest.raises(Problem, match="handle-taken"):
        raise HANDLE_TAKEN()
