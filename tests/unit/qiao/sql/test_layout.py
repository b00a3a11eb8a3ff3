"""The type of an event, found among the bytes of its headers."""

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from libs.events.headers import FIXED
from libs.log.embedded.rows import decode_headers, encode_headers
from qiao.sql.layout import TYPE_OF, type_expression, type_of
from tests.unit.qiao.story import small_story

ID = ("ce_id", b"0" * 36)


def found(headers: bytes, fallback: object = type_of) -> str:
    connection = sqlite3.connect(":memory:")
    try:
        connection.create_function(TYPE_OF, 1, fallback)  # type: ignore[arg-type]
        return str(
            connection.execute(f"SELECT {type_expression()} FROM (SELECT ? AS headers)", (headers,)).fetchone()[0]
        )
    finally:
        connection.close()


def test_the_types_of_our_own_events_are_found_without_python() -> None:
    def never(_: bytes) -> str:
        raise AssertionError("SQLite finds these by itself")

    for record in small_story().records:
        headers = encode_headers(record.headers)
        assert found(headers, never) == dict(record.headers)["ce_type"].decode()


NAMES = st.text(max_size=20)
VALUES = st.binary(max_size=300)


@given(st.lists(st.tuples(NAMES | st.sampled_from(["ce_id", "ce_type"]), VALUES), max_size=6), st.booleans())
@example([ID, ("ce_type", b"")], True)
@example([ID, ("ce_type", b"x" * 127)], True)
@example([ID, ("ce_type", b"x" * 128)], True)
@example([ID, ("ce_type", b"\xff\xfe")], True)
@example([ID, ("ce_type", "帖子".encode())], True)
@example([ID, ("ce_type", b"x\x00\xff")], True)
@example([("ce_id", b"1" * 35), ("ce_type", b"X")], True)
@example([ID, ("ce_typo", b"X")], True)
def test_whatever_the_headers_sqlite_and_python_find_the_same(headers: list[tuple[str, bytes]], ours: bool) -> None:
    blob = encode_headers((*(FIXED if ours else ()), *headers))
    assert found(blob) == type_of(blob)
    assert decode_headers(blob)[len(FIXED) if ours else 0 :] == tuple(headers)


WHOLE = encode_headers((*FIXED, ID, ("ce_type", b"PostLiked")))


@pytest.mark.parametrize("blob", [b"", b"\x00", b"\x9b", b"no headers at all", WHOLE[:-2], WHOLE[:40]])
def test_bytes_that_are_no_headers_have_no_type(blob: bytes) -> None:
    assert found(blob) == ""
