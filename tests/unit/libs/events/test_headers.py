"""The envelope on the wire: CloudEvents in Kafka's binary mode, strictly read."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import Envelope, EnvelopeInvalid, decode_envelope
from libs.events.headers import encode_envelope
from tests.unit.libs.events.strategies import any_envelope, any_event

ID = UUID("01a20f7b-0f78-76f9-a3f2-d2bf3269b710")
ACTOR = UUID("01a20f7b-0f77-744a-9210-cfe4cfa70b34")
ENVELOPE = Envelope(
    id=ID,
    type="PostCreated",
    version=1,
    source="/posts",
    time=datetime(2025, 1, 14, 3, 0, 0, 250, tzinfo=UTC),
    subject="猫税",
    actor=ACTOR,
    correlation=ID,
    causation=ACTOR,
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    tracestate="qiao=1",
)
WIRE = {
    "ce_specversion": b"1.0",
    "content-type": b"application/json",
    "ce_id": str(ID).encode(),
    "ce_type": b"PostCreated",
    "ce_dataversion": b"1",
    "ce_source": b"/posts",
    "ce_time": b"2025-01-14T03:00:00.000250Z",
    "ce_subject": "猫税".encode(),
    "ce_actor": str(ACTOR).encode(),
    "ce_correlationid": str(ID).encode(),
    "ce_causationid": str(ACTOR).encode(),
    "traceparent": b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "tracestate": b"qiao=1",
}
OPTIONAL = {"ce_actor", "ce_causationid", "traceparent", "tracestate"}


def decoded(changes: dict[str, Any]) -> Envelope:
    return decode_envelope(tuple((WIRE | changes).items()))


def test_the_headers_are_those_of_cloudevents_and_its_extensions() -> None:
    assert dict(encode_envelope(ENVELOPE)) == WIRE


def test_what_is_none_has_no_header() -> None:
    bare = Envelope(id=ID, type="T", version=1, source="/s", time=ENVELOPE.time, subject="s", correlation=ID)
    assert not OPTIONAL & dict(encode_envelope(bare)).keys()
    assert decode_envelope(encode_envelope(bare)) == bare


@given(any_event().flatmap(any_envelope))
def test_any_envelope_comes_back_as_it_was(envelope: Envelope) -> None:
    assert decode_envelope(encode_envelope(envelope)) == envelope


def test_the_order_of_headers_does_not_matter_and_other_headers_are_ignored() -> None:
    others = [("baggage", b"\xff\xfe"), ("ce_partitionkey", b"x"), ("baggage", b"again")]
    assert decode_envelope([*others, *reversed(WIRE.items())]) == ENVELOPE


@pytest.mark.parametrize("name", sorted(WIRE.keys() - OPTIONAL))
def test_a_missing_header_is_named(name: str) -> None:
    with pytest.raises(EnvelopeInvalid, match=name):
        decode_envelope([header for header in WIRE.items() if header[0] != name])


@pytest.mark.parametrize("name", sorted(OPTIONAL))
def test_an_optional_header_may_be_missing(name: str) -> None:
    decode_envelope([header for header in WIRE.items() if header[0] != name])


@pytest.mark.parametrize("name", sorted(WIRE))
def test_a_header_that_is_there_twice_is_named(name: str) -> None:
    with pytest.raises(EnvelopeInvalid, match=f"{name} is there twice"):
        decode_envelope([*WIRE.items(), (name, WIRE[name])])


@pytest.mark.parametrize("name", sorted(WIRE))
@pytest.mark.parametrize("value", [b"\xff", b"\xed\xa0\x80", None])
def test_a_header_that_is_no_text_is_named(name: str, value: bytes | None) -> None:
    with pytest.raises(EnvelopeInvalid, match=name):
        decoded({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_specversion", b"0.3"),
        ("content-type", b"application/avro"),
        ("ce_id", b""),
        ("ce_id", b"7"),
        ("ce_id", b"9f1c4d3e-8a52-4b7d-9c60-5e2f7a1b3c4d"),
        ("ce_type", b""),
        ("ce_source", b""),
        ("ce_subject", b""),
        ("ce_dataversion", b""),
        ("ce_dataversion", b"0"),
        ("ce_dataversion", b"-1"),
        ("ce_dataversion", b"1.0"),
        ("ce_dataversion", b" 1"),
        ("ce_dataversion", b"1_0"),
        ("ce_dataversion", "١".encode()),
        ("ce_dataversion", b"9" * 5000),
        ("ce_time", b"yesterday"),
        ("ce_time", b"1736823600"),
        ("ce_time", b"2025-01-14T03:00:00"),
        ("ce_time", b"2025-02-30T03:00:00Z"),
        ("ce_actor", b""),
        ("ce_actor", b"null"),
        ("ce_correlationid", b"x" * 36),
        ("ce_causationid", b"None"),
    ],
)
def test_a_malformed_header_is_named(name: str, value: bytes) -> None:
    with pytest.raises(EnvelopeInvalid, match=name):
        decoded({name: value})


@pytest.mark.parametrize("change", [{"id": uuid4()}, {"version": 0}, {"source": ""}, {"time": datetime(2025, 1, 14)}])  # noqa: DTZ001
def test_what_could_not_be_read_is_not_written(change: dict[str, Any]) -> None:
    with pytest.raises(EnvelopeInvalid):
        encode_envelope(msgspec.structs.replace(ENVELOPE, **change))


names = st.sampled_from(sorted(WIRE)) | st.text(max_size=20)
values = (
    st.none() | st.binary(max_size=60) | st.text(max_size=40).map(str.encode) | st.sampled_from(list(WIRE.values()))
)


@given(st.lists(st.tuples(names, values), max_size=20))
def test_arbitrary_headers_make_nothing_but_an_envelope_or_envelope_invalid(headers: list[tuple[str, Any]]) -> None:
    try:
        decode_envelope(headers)
    except EnvelopeInvalid:
        return


@given(st.dictionaries(st.sampled_from(sorted(WIRE)), values, max_size=4))
def test_spoilt_headers_make_nothing_but_an_envelope_or_envelope_invalid(changes: dict[str, Any]) -> None:
    try:
        decoded(changes)
    except EnvelopeInvalid as error:
        assert any(name in str(error) for name in changes)  # noqa: PT017  # it must not raise, it may
