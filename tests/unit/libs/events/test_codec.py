"""The codec: what was said comes back as it was said, sealed; what cannot be read is told apart by kind."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import (
    AccountRegistered,
    DataInvalid,
    Decoded,
    Envelope,
    Event,
    EventInvalid,
    EventSkipped,
    NoSealing,
    PostCreated,
    PostEdited,
    PostLiked,
    RecordParts,
    ReplyTo,
    SealingKey,
    Undecodable,
    UnknownType,
    decode,
    envelope_for,
    new_id,
    open_token,
    spec_of,
    to_record_parts,
)
from libs.events.headers import encode_envelope
from tests.unit.libs.events.strategies import any_envelope, any_event, key_of

KEY, _ = SealingKey.generate(new_id())
POST = PostCreated(post=new_id(), author=KEY.account, text="谁有猫？ 🐱", lang="zh-Hans", topics=("猫税",))


def envelope(event: Event) -> Envelope:
    return envelope_for(event, source="/posts", actor=KEY.account, now=datetime.now(UTC))


def written(event: Event, key: SealingKey | None = KEY) -> RecordParts:
    return to_record_parts(event, envelope(event), key)


def opened(decoded: Decoded, key: SealingKey | None) -> Event:
    """The event with its personal fields opened again."""
    if key is None:
        return decoded.event
    texts = {field: open_token(getattr(decoded.event, field), key) for field in spec_of(decoded.event).personal}
    return msgspec.structs.replace(decoded.event, **texts)


@given(any_event().flatmap(lambda event: st.tuples(st.just(event), any_envelope(event))))
def test_any_event_comes_back_as_it_was(said: tuple[Event, Envelope]) -> None:
    event, envelope = said
    key = key_of(event)
    decoded = decode(*reversed(to_record_parts(event, envelope, key)[1:]))
    assert isinstance(decoded, Decoded)
    assert decoded.envelope == envelope
    assert opened(decoded, key) == event


@given(any_event().flatmap(lambda event: st.tuples(st.just(event), any_envelope(event))))
def test_an_event_written_again_is_byte_identical(said: tuple[Event, Envelope]) -> None:
    event, envelope = said
    assert to_record_parts(event, envelope, key_of(event)) == to_record_parts(event, envelope, key_of(event))


def test_the_record_is_keyed_by_its_subject_and_readable_but_for_what_is_personal() -> None:
    parts = written(POST)
    data = msgspec.json.decode(parts.value)
    assert parts.key == str(POST.post).encode()
    assert data.pop("text").startswith("s1.text.")
    assert data == {
        "post": str(POST.post),
        "author": str(POST.author),
        "lang": "zh-Hans",
        "audience": "public",
        "reply_to": None,
        "topics": ["猫税"],
        "mentions": [],
        "media": [],
    }


def test_personal_text_is_nowhere_in_the_record() -> None:
    secret = "meet me at the bridge"
    event = AccountRegistered(account=KEY.account, handle="ming", display_name=secret, reads=("zh",), writes="zh")
    assert secret.encode() not in repr(written(event)).encode()


def test_without_sealing_the_text_travels_in_a_token_that_says_so() -> None:
    plain = NoSealing(KEY.account)
    parts = written(POST, plain)
    decoded = decode(parts.headers, parts.value)
    assert isinstance(decoded, Decoded)
    assert b'"text":"p1.text.' in parts.value
    assert opened(decoded, plain) == POST


def test_the_place_in_the_log_makes_the_meta() -> None:
    parts = written(POST)
    decoded = decode(parts.headers, parts.value)
    assert isinstance(decoded, Decoded)
    meta = decoded.meta("posts", 3, 77, 1_736_823_600_000)
    assert (meta.envelope, meta.topic, meta.partition) == (decoded.envelope, "posts", 3)
    assert (meta.offset, meta.log_time) == (77, 1_736_823_600_000)


@pytest.mark.parametrize("key", [None, SealingKey.generate(new_id())[0]])
def test_what_is_personal_needs_its_owners_key(key: SealingKey | None) -> None:
    with pytest.raises(EventInvalid, match=f"PostCreated must be sealed with the key of account {KEY.account}"):
        written(POST, key)


def test_an_envelope_of_another_event_is_refused() -> None:
    other = PostLiked(account=new_id(), post=new_id())
    stale = msgspec.structs.replace(envelope(POST), version=2)
    for wrong in (envelope(other), envelope(msgspec.structs.replace(POST, post=new_id())), stale):
        with pytest.raises(EventInvalid, match="does not fit PostCreated"):
            to_record_parts(POST, wrong, KEY)


UNWRITABLE: list[tuple[Event, str]] = [
    (PostEdited(post=new_id(), author=KEY.account, revision=0, text="hi", lang="en"), "revision"),
    (msgspec.structs.replace(POST, audience="nobody"), "audience"),
    (msgspec.structs.replace(POST, lang=None), "lang"),
    (msgspec.structs.replace(POST, text="\ud800"), "surrogates"),
    (msgspec.structs.replace(POST, topics=("\ud800",)), "surrogates"),
    (EventSkipped(subject="", projection="p", topic="posts", partition=0, offset=0, reason="r"), "ce_subject"),
    (EventSkipped(subject="s", projection="p", topic="posts", partition=0, offset=2**40, reason="r"), "offset"),
]


@pytest.mark.parametrize(("event", "complaint"), UNWRITABLE, ids=[complaint for _, complaint in UNWRITABLE])
def test_what_could_not_be_read_back_is_not_written(event: Event, complaint: str) -> None:
    with pytest.raises(EventInvalid, match=complaint):
        written(event)


def test_a_type_that_is_not_known_is_a_value_to_skip_and_count() -> None:
    strange = msgspec.structs.replace(envelope(POST), type="DinnerServed", version=9)
    assert decode(encode_envelope(strange), b"\x00 whatever") == UnknownType(strange)


def test_fields_that_are_not_known_are_ignored() -> None:
    parts = written(POST)
    decoded = decode(parts.headers, parts.value[:-1] + b',"mood":"sleepy"}')
    assert isinstance(decoded, Decoded)
    assert opened(decoded, KEY) == POST


def test_fields_that_a_later_program_added_have_their_defaults_in_what_was_stored_before() -> None:
    parts = written(POST)
    data = msgspec.json.decode(parts.value)
    old = {name: data[name] for name in ("post", "author", "text", "lang", "topics")}
    decoded = decode(parts.headers, msgspec.json.encode(old))
    assert isinstance(decoded, Decoded)
    assert opened(decoded, KEY) == POST


def _set(**fields: object) -> Callable[[bytes], bytes]:
    return lambda value: msgspec.json.encode(msgspec.json.decode(value) | fields)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: b"",
        lambda value: value[:-1],
        lambda value: value + b"x",
        lambda value: b"[" + value + b"]",
        lambda value: value.replace(b'"lang"', b'"long"'),
        lambda value: value.replace(b"zh-Hans", b"zh\xff"),
        lambda value: value[:-1] + b',"deep":' + b"[" * 200_000,
        _set(text="hello"),
        _set(text=None),
        _set(post="p1"),
        _set(audience="PUBLIC"),
        _set(reply_to={"post": str(new_id())}),
        _set(mentions=["@ming"]),
    ],
)
def test_broken_data_is_told_with_the_type_and_the_event(spoil: Callable[[bytes], bytes]) -> None:
    headers, value = (parts := written(POST)).headers, parts.value
    event_id = dict(headers)["ce_id"].decode()
    with pytest.raises(DataInvalid, match=re.escape(f"PostCreated v1 {event_id}: ")):
        decode(headers, spoil(value))


def test_plain_text_never_passes_for_sealed() -> None:
    headers, value = (parts := written(POST)).headers, parts.value
    with pytest.raises(DataInvalid, match=r"\$\.text"):
        decode(headers, _set(text="I was never sealed")(value))


@given(any_event(), st.data())
def test_spoilt_bytes_are_undecodable_at_worst(event: Event, data: st.DataObject) -> None:
    parts = written(event, key_of(event))
    place = data.draw(st.integers(0, len(parts.value)))
    cut = data.draw(st.integers(0, 20))
    value = parts.value[:place] + data.draw(st.binary(max_size=8)) + parts.value[place + cut :]
    _decode_or_undecodable(parts.headers, value)


@given(any_event(), st.binary(max_size=200), st.sampled_from([b"1", b"2", b"999999999"]))
def test_arbitrary_values_of_any_version_are_undecodable_at_worst(event: Event, value: bytes, version: bytes) -> None:
    headers = dict(written(event, key_of(event)).headers) | {"ce_dataversion": version}
    _decode_or_undecodable(tuple(headers.items()), value)


def _decode_or_undecodable(headers: Any, value: bytes) -> None:
    try:
        assert isinstance(decode(headers, value), Decoded)
    except Undecodable:
        return


def test_a_reply_carries_its_place() -> None:
    reply = msgspec.structs.replace(POST, reply_to=ReplyTo(post=new_id(), author=new_id(), root=new_id()))
    parts = written(reply)
    decoded = decode(parts.headers, parts.value)
    assert isinstance(decoded, Decoded)
    assert opened(decoded, KEY) == reply
