"""What an operator typed becomes data that can be folded: sealed as they were, sealed anew, or refused."""

from hashlib import sha512

import msgspec
import pytest

from libs.events import Event, PostCreated, PostLiked, SealingKey, envelope_for, new_id, open_token, to_record_parts
from libs.log import Record
from libs.log.publisher import utc_now
from qiao.parking.editing import EditInvalid, edit_of
from tests.unit.libs.projections.lab import FixedKeys

AUTHOR = new_id()
KEY = SealingKey(AUTHOR, sha512(AUTHOR.bytes).digest())
POST = PostCreated(post=new_id(), author=AUTHOR, text="hi", lang="en")


class NoKeys(FixedKeys):
    """Everyone was erased."""

    async def key_for(self, account: object) -> None:
        return None


def _record(event: Event) -> Record:
    parts = to_record_parts(event, envelope_for(event, source="/test", actor=None, now=utc_now()), KEY)
    return Record("posts", 0, 0, 0, parts.key, parts.value, parts.headers)


RECORD = _record(POST)
DATA = msgspec.json.decode(RECORD.value, type=dict[str, object])


async def _edited(data: dict[str, object], record: Record = RECORD, keys: FixedKeys | None = None) -> dict[str, object]:
    edit = await edit_of(record, msgspec.json.encode(data), keys or FixedKeys(), everywhere=False)
    assert edit.version == 1
    return msgspec.json.decode(edit.data, type=dict[str, object])


async def test_what_is_left_alone_or_left_out_stays_as_it_was_sealed() -> None:
    assert await _edited(DATA | {"lang": "zh"}) == DATA | {"lang": "zh"}
    without = {name: value for name, value in DATA.items() if name != "text"}
    assert await _edited(without | {"lang": "zh"}) == DATA | {"lang": "zh"}


async def test_clear_text_is_sealed_anew_with_the_authors_key() -> None:
    text = (await _edited(DATA | {"text": "你好"}))["text"]
    assert text != DATA["text"]
    assert open_token(str(text), KEY) == "你好"


async def test_what_is_sealed_stays_though_its_author_was_erased_and_nothing_new_is_sealed_for_them() -> None:
    assert await _edited(DATA | {"lang": "zh"}, keys=NoKeys()) == DATA | {"lang": "zh"}
    with pytest.raises(EditInvalid, match="erased"):
        await _edited(DATA | {"text": "clear"}, keys=NoKeys())


async def test_an_event_without_personal_fields_needs_no_key() -> None:
    like = PostLiked(account=AUTHOR, post=new_id())
    other: dict[str, object] = {"account": str(AUTHOR), "post": str(new_id())}
    assert await _edited(other, _record(like), NoKeys()) == other


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"author": str(new_id())}, "author must stay"),
        ({"post": str(new_id())}, "post must stay"),
        ({"lang": 7}, "lang"),
        ({"text": None}, "text"),
        ({"text": _record(msgspec.structs.replace(POST, text="another")).value.decode().split('"')[11]}, "sealed"),
    ],
)
async def test_data_that_cannot_stand_in_its_place_are_refused_by_name(change: dict[str, object], told: str) -> None:
    with pytest.raises(EditInvalid, match=told):
        await _edited(DATA | change)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'"text"', b"\xff"])
async def test_what_is_no_json_object_is_refused(text: bytes) -> None:
    with pytest.raises(EditInvalid, match="JSON object"):
        await edit_of(RECORD, text, FixedKeys(), everywhere=False)


async def test_an_event_without_a_readable_envelope_can_only_be_discarded() -> None:
    with pytest.raises(EditInvalid, match="only be discarded"):
        await edit_of(msgspec.structs.replace(RECORD, headers=()), b"{}", FixedKeys(), everywhere=False)
