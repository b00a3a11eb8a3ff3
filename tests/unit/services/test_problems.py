"""Problem codes are stable names: each stands for one thing, with one title, declared in one place."""

import importlib
import pkgutil
import re
from collections.abc import Iterable

import libs
import services
from libs.http.problems import ProblemKind


def declared() -> list[ProblemKind]:
    """Every kind that any module holds, each object once."""
    found: dict[int, ProblemKind] = {}
    for package in (libs, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            values = vars(importlib.import_module(module.name)).values()
            found |= {id(value): value for value in values if isinstance(value, ProblemKind)}
    return list(found.values())


def declared_twice(kinds: Iterable[ProblemKind]) -> set[str]:
    """Codes that stand in more than one declaration."""
    codes = [kind.code for kind in kinds]
    return {code for code in codes if codes.count(code) > 1}


def test_every_code_is_declared_once() -> None:
    kinds = declared()
    assert len(kinds) > 20
    assert declared_twice(kinds) == set()


def test_a_second_declaration_is_found_with_another_title_and_with_the_same() -> None:
    one = ProblemKind(404, "note-unknown", "There is no such note.", "没有这条笔记。")
    for title in (one.title, "No such note."):
        assert declared_twice([one, ProblemKind(404, "note-unknown", title, one.zh)]) == {"note-unknown"}


def test_every_title_is_there_in_english_and_chinese() -> None:
    for kind in declared():
        assert kind.title.endswith("."), kind
        assert re.search(r"[\u4e00-\u9fff]", kind.zh), kind
        assert kind.zh.endswith("。"), kind
