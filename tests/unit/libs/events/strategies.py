"""Hypothesis strategies: any event of the vocabulary, any envelope."""

from datetime import UTC
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from libs.events import Envelope, Event, SealingKey, envelope_for, lowest_at, spec_of
from libs.events.reference.json_schema import vocabulary
from libs.events.shapes import is_struct

ids = st.builds(
    lambda ms, rest: UUID(int=lowest_at(ms).int | rest & ~(0b11 << 62)),
    st.integers(0, (1 << 48) - 1),
    st.integers(0, (1 << 76) - 1),
)
"""Any UUIDv7."""

texts = st.one_of(
    st.text(),
    st.sampled_from(["", "猫税 🐱🏳️‍🌈", "\x00\x01\x1f\x7f\u2028", "s1.text.AAAA", '"\\/{}', "ا\u202eلعربية", "e\u0301"]),
)
keys = st.builds(SealingKey, ids, st.binary(min_size=64, max_size=64))
moments = st.datetimes(timezones=st.just(UTC))


def fields_of(cls: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Any value of a struct."""
    return st.builds(cls, **{field.name: _values(field.type) for field in msgspec.structs.fields(cls)})


def any_event() -> st.SearchStrategy[Event]:
    """Any event of any type, with the shortest subject that the envelope takes."""
    types = st.sampled_from([spec.cls for spec in vocabulary()])
    return types.flatmap(fields_of).filter(lambda event: getattr(event, spec_of(event).key) != "")


def any_envelope(event: Event) -> st.SearchStrategy[Envelope]:
    """Any envelope that fits the event."""
    return st.builds(
        envelope_for,
        st.just(event),
        source=texts.filter(bool),
        actor=st.none() | ids,
        now=moments,
        id=ids,
        traceparent=st.none() | texts,
        tracestate=st.none() | texts,
    )


def key_of(event: Event, key: bytes = bytes(range(64))) -> SealingKey | None:
    """A key that seals the event; None if nothing in it is personal."""
    owner = spec_of(event).owner
    return SealingKey(getattr(event, owner), key) if owner else None


def _values(hint: Any) -> st.SearchStrategy[Any]:
    known = {UUID: ids, str: texts, int: st.integers(), type(None): st.none()}
    if hint in known:
        return known[hint]
    if is_struct(hint):
        return fields_of(hint)
    return _composed(hint)


def _composed(hint: Any) -> st.SearchStrategy[Any]:
    arguments = get_args(hint)
    if hasattr(hint, "__metadata__"):
        bounds = hint.__metadata__[0]
        return st.integers(bounds.ge, bounds.le) if arguments[0] is int else _values(arguments[0])
    if get_origin(hint) is Literal:
        return st.sampled_from(arguments)
    if get_origin(hint) is tuple:
        return st.lists(_values(arguments[0]), max_size=3).map(tuple)
    return st.one_of(*map(_values, arguments))
