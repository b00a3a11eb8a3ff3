"""Ids: what their order promises, and what a derived id has from its cause."""

import time
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import derived_id, highest_at, lowest_at, new_id, time_of
from tests.unit.libs.events.strategies import ids, texts

parts = st.lists(texts, max_size=4)
milliseconds = st.integers(0, (1 << 48) - 1)


def test_a_new_id_is_a_v7_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert made.version == 7
    assert before <= time_of(made) <= time.time_ns() // 1_000_000


def test_new_ids_of_one_process_rise() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(set(made))


@given(ids, parts)
def test_a_derived_id_is_a_v7_with_the_time_of_its_cause(cause: UUID, parts: list[str]) -> None:
    derived = derived_id(cause, *parts)
    assert derived.version == 7
    assert derived.variant == cause.variant
    assert time_of(derived) == time_of(cause)


@given(ids, parts)
def test_the_same_cause_and_parts_give_the_same_id(cause: UUID, parts: list[str]) -> None:
    assert derived_id(cause, *parts) == derived_id(UUID(str(cause)), *parts)


@given(ids, parts, parts)
def test_other_parts_give_another_id(cause: UUID, some: list[str], others: list[str]) -> None:
    assert (derived_id(cause, *some) == derived_id(cause, *others)) == (some == others)


@given(ids, ids, parts)
def test_another_cause_gives_another_id(cause: UUID, other: UUID, parts: list[str]) -> None:
    assert (derived_id(cause, *parts) == derived_id(other, *parts)) == (cause == other)


def test_where_one_part_ends_and_the_next_begins_counts() -> None:
    cause = new_id()
    assert derived_id(cause, "ab", "c") != derived_id(cause, "a", "bc")
    assert derived_id(cause, "a", "") != derived_id(cause, "a")


def test_derived_ids_stay_what_they_were_for_ever() -> None:
    cause = UUID("01a20f7b-0f78-76f9-a3f2-d2bf3269b710")
    assert derived_id(cause, "feeds", "猫税") == UUID("01a20f7b-0f78-79c1-b11d-118308af79bc")


def test_what_is_no_v7_has_no_time_and_causes_nothing() -> None:
    with pytest.raises(ValueError, match="is not a UUIDv7"):
        time_of(uuid4())
    with pytest.raises(ValueError, match="is not a UUIDv7"):
        derived_id(uuid4(), "anything")


@given(ids)
def test_every_id_lies_between_the_bounds_of_its_millisecond(some: UUID) -> None:
    ms = time_of(some)
    assert lowest_at(ms) <= some <= highest_at(ms)


@given(milliseconds, milliseconds)
def test_bounds_are_ordered_by_time(one: int, other: int) -> None:
    assert (highest_at(one) < lowest_at(other)) == (one < other)
    assert time_of(lowest_at(one)) == time_of(highest_at(one)) == one


@pytest.mark.parametrize("ms", [-1, 1 << 48])
def test_a_time_beyond_48_bits_has_no_bounds(ms: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        lowest_at(ms)
