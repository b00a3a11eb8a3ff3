"""What does not fit becomes a problem that names the field, whatever the bytes."""

import json
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.http import Input, Paging, Problem
from libs.http.decoding import decode_body, decode_path, decode_query
from libs.http.kinds import INVALID, MALFORMED, NOT_FOUND


class Spoken(Input, frozen=True):
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")]


class Register(Input, frozen=True):
    handle: Annotated[str, msgspec.Meta(min_length=3)]
    reads: tuple[Spoken, ...] = ()
    age: int | None = None


class ById(Input, frozen=True):
    id: UUID


decoder = msgspec.json.Decoder(Register)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"handle": 1}, "/handle"),
        ({"handle": "a"}, "/handle"),
        ({}, "/handle"),
        ({"handle": "abc", "hnadle": 1}, "/hnadle"),
        ({"handle": "abc", "reads": [{"language": "en"}, {"language": "english"}]}, "/reads/1/language"),
        ({"handle": "abc", "reads": [{}]}, "/reads/0/language"),
        ({"handle": "abc", "a/b~c": 1}, "/a~1b~0c"),
        ([], ""),
        ("text", ""),
    ],
)
def test_a_body_that_does_not_fit_names_its_field_as_a_json_pointer(body: Any, field: str) -> None:
    with pytest.raises(Problem) as refusal:
        decode_body(decoder, json.dumps(body).encode())
    (error,) = refusal.value.errors
    assert (refusal.value.kind, error.source, error.field) == (INVALID, "body", field)
    assert " - at `$" not in error.message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"handle": "abc"} {}',
        b"\xff",
        b'{"handle": "\xff\xff\xff"}',
        b'{"handle": "\\ud800"}',
        b"{'handle': 1}",
        b"nul",
    ],
)
def test_a_body_that_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Problem) as refusal:
        decode_body(decoder, body)
    assert refusal.value.kind is MALFORMED


def test_a_refusal_is_short_however_long_the_name_of_an_unknown_field() -> None:
    with pytest.raises(Problem) as refusal:
        decode_body(decoder, json.dumps({"x" * 60_000: 1}).encode())
    (error,) = refusal.value.errors
    assert len(error.field) <= 300
    assert len(error.message) <= 300


json_values = st.recursive(st.none() | st.text() | st.integers(), st.lists).map(
    lambda value: json.dumps(value).encode()
)


@given(st.binary() | json_values)
def test_any_bytes_are_a_body_or_a_problem(body: bytes) -> None:
    with suppress(Problem):
        assert isinstance(decode_body(decoder, body), Register)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"cursor": ""}, "cursor"),
        ({"curser": "x"}, "curser"),
    ],
)
def test_a_query_value_that_does_not_fit_is_named(values: dict[str, str], field: str) -> None:
    with pytest.raises(Problem) as refusal:
        decode_query(Paging, values)
    (error,) = refusal.value.errors
    assert (refusal.value.kind, error.source, error.field) == (INVALID, "query", field)


def test_query_values_are_read_as_what_they_are_declared() -> None:
    assert decode_query(Paging, {"limit": "5"}) == Paging(limit=5)


def test_a_path_that_can_name_nothing_is_not_found() -> None:
    with pytest.raises(Problem) as refusal:
        decode_path(ById, {"id": "7"})
    (error,) = refusal.value.errors
    assert (refusal.value.kind, error.source, error.field) == (NOT_FOUND, "path", "id")


@given(st.dictionaries(st.text() | st.sampled_from(["limit", "cursor"]), st.text(), max_size=3))
def test_any_query_is_one_or_a_problem(values: dict[str, str]) -> None:
    with suppress(Problem):
        assert isinstance(decode_query(Paging, values), Paging)
