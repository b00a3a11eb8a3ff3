"""Python's search for cycles in processes that stay."""

import gc
from collections.abc import Iterator

import pytest

from qiao.garbage import YOUNG, collect_seldom


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_is_there_is_set_aside_and_the_rest_is_looked_through_seldom() -> None:
    known = gc.get_freeze_count()
    collect_seldom()
    assert gc.get_freeze_count() > known
    assert gc.get_threshold()[0] == YOUNG


def test_cycles_are_still_found() -> None:
    collect_seldom()
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() > 0
