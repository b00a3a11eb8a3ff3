"""Old versions: a stored event of any version reaches the handler as the newest."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import (
    DataInvalid,
    Decoded,
    Event,
    NewerVersion,
    Personal,
    SealingKey,
    decode,
    envelope_for,
    event,
    new_id,
    open_token,
    seal,
    upcaster,
)
from libs.events.headers import Headers, encode_envelope
from libs.events.versions import Data, UpcasterMissing, missing_steps


@event(topic="test", key="account", owner="account", version=3)
class Greeted(Event, frozen=True, kw_only=True):
    """A type that has come a way: v1 had one language, v2 called the words `line`."""

    account: UUID
    words: Personal
    langs: tuple[str, ...]


@upcaster(Greeted, since=1)
def _many_languages(data: Data) -> Data:
    data["langs"] = [data.pop("lang")]
    return data


@upcaster(Greeted, since=2)
def _words(data: Data) -> Data:
    data["words"] = data.pop("line")
    return data


@event(topic="test", key="account", version=2)
class Forgotten(Event, frozen=True, kw_only=True):
    """A type whose upcaster nobody wrote."""

    account: UUID


KEY, _ = SealingKey.generate(new_id())
EVENT_ID = new_id()
LINE = seal("你好", KEY, EVENT_ID, "line")
STORED: dict[int, Data] = {
    1: {"account": str(KEY.account), "line": LINE, "lang": "zh"},
    2: {"account": str(KEY.account), "line": LINE, "langs": ["zh"]},
    3: {"account": str(KEY.account), "words": LINE, "langs": ["zh"]},
}


def headers_of(event: Event, version: int) -> Headers:
    envelope = envelope_for(event, source="/test", actor=None, now=datetime.now(UTC), id=EVENT_ID)
    return encode_envelope(msgspec.structs.replace(envelope, version=version))


NEWEST = Greeted(account=KEY.account, words=LINE, langs=("zh",))


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_reaches_the_handler_as_the_newest(version: int) -> None:
    decoded = decode(headers_of(NEWEST, version), msgspec.json.encode(STORED[version]))
    assert isinstance(decoded, Decoded)
    assert decoded.event == NEWEST
    assert decoded.envelope.version == version


def test_a_personal_field_that_was_renamed_still_opens() -> None:
    decoded = decode(headers_of(NEWEST, 1), msgspec.json.encode(STORED[1]))
    assert isinstance(decoded, Decoded)
    assert isinstance(decoded.event, Greeted)
    assert open_token(decoded.event.words, KEY) == "你好"


def test_a_version_that_is_not_known_yet_is_told_from_broken_data() -> None:
    with pytest.raises(NewerVersion, match="Greeted is known up to version 3, this one is 4"):
        decode(headers_of(NEWEST, 4), b"anything at all")


json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
old_data = st.fixed_dictionaries(
    {}, optional={"account": json, "line": json, "lang": json, "langs": json, "words": json}
)


@given(st.binary() | old_data.map(msgspec.json.encode) | json.map(msgspec.json.encode), st.integers(1, 3))
def test_broken_old_data_is_invalid_data_and_nothing_else(value: bytes, version: int) -> None:
    with pytest.raises(DataInvalid, match=f"Greeted v{version}"):
        decode(headers_of(NEWEST, version), value)


def test_a_missing_upcaster_is_the_programs_mistake_and_the_gate_sees_it() -> None:
    assert missing_steps(Greeted) == []
    assert missing_steps(Forgotten) == [1]
    event = Forgotten(account=new_id())
    with pytest.raises(UpcasterMissing, match="Forgotten has no upcaster from version 1"):
        decode(headers_of(event, 1), b"{}")


def test_a_step_is_declared_once_and_leads_to_a_known_version() -> None:
    with pytest.raises(TypeError, match="from version 1 is declared already"):
        upcaster(Greeted, since=1)(_words)
    for since in (0, 3):
        with pytest.raises(TypeError, match=f"no step from version {since}"):
            upcaster(Greeted, since=since)(_words)
