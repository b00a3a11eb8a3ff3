"""Sealing: what is sealed opens with its key only, whole only, and always looks the same."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import NoSealing, SealBroken, SealingKey, new_id, open_token, owner_of, seal
from tests.unit.libs.events.strategies import ids, keys, texts

fields = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(texts, keys, ids, fields)
def test_what_was_sealed_opens_again(text: str, key: SealingKey, event_id: UUID, field: str) -> None:
    token = seal(text, key, event_id, field)
    assert open_token(token, key) == text
    assert owner_of(token) == key.account


@given(texts, ids, ids, st.binary(min_size=64, max_size=64), fields)
def test_sealing_is_deterministic(text: str, account: UUID, event_id: UUID, key: bytes, field: str) -> None:
    assert seal(text, SealingKey(account, key), event_id, field) == seal(
        text, SealingKey(account, key), event_id, field
    )


@given(texts.filter(lambda text: len(text.encode()) > 3), keys, ids)
def test_a_token_is_ascii_and_does_not_show_its_text(text: str, key: SealingKey, event_id: UUID) -> None:
    token = seal(text, key, event_id, "bio")
    assert token.isascii()
    assert text not in token
    assert token.startswith("s1.bio.")


def test_event_and_field_change_the_ciphertext() -> None:
    key, _ = SealingKey.generate(new_id())
    event_id = new_id()
    bodies = {key.encrypt(b"hi", event.bytes, field) for event in (event_id, new_id()) for field in (b"bio", b"text")}
    assert len(bodies) == 4


@given(texts, keys, ids, fields, st.data())
def test_a_tampered_token_is_refused(
    text: str, key: SealingKey, event_id: UUID, field: str, data: st.DataObject
) -> None:
    token = seal(text, key, event_id, field)
    place = data.draw(st.integers(0, len(token)))
    cut = data.draw(st.integers(0, 3))
    tampered = token[:place] + data.draw(st.text(max_size=3) | st.text(BASE64URL, max_size=3)) + token[place + cut :]
    if tampered != token:
        with pytest.raises(SealBroken):
            open_token(tampered, key)


@given(keys, ids)
def test_every_single_changed_character_is_noticed(key: SealingKey, event_id: UUID) -> None:
    token = seal("猫", key, event_id, "text")
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(SealBroken):
            open_token(token[:place] + other + token[place + 1 :], key)


def test_the_last_character_has_one_spelling_only() -> None:
    key, _ = SealingKey.generate(new_id())
    token = seal("hi", key, new_id(), "text")
    opened = []
    for character in BASE64URL:
        try:
            opened.append(open_token(token[:-1] + character, key))
        except SealBroken:
            continue
    assert opened == ["hi"]


@pytest.mark.parametrize("spoil", ["{}=", "{}==", "{}\n", " {}", "{}.", "{}+", "{}/"])
def test_a_token_with_something_added_is_refused(spoil: str) -> None:
    key, _ = SealingKey.generate(new_id())
    token = spoil.format(seal("hello", key, new_id(), "text"))
    with pytest.raises(SealBroken):
        open_token(token, key)


@given(st.text() | st.from_regex(r"[sp]1\.[a-z]*\.[A-Za-z0-9_-]*", fullmatch=True), keys)
def test_arbitrary_text_is_refused_and_nothing_else_happens(text: str, key: SealingKey) -> None:
    with pytest.raises(SealBroken):
        open_token(text, key)
    try:
        owner_of(text)
    except SealBroken:
        return


@given(texts, keys, keys, ids)
def test_another_key_does_not_open_it(text: str, key: SealingKey, other: SealingKey, event_id: UUID) -> None:
    token = seal(text, key, event_id, "text")
    if other.account != key.account:
        with pytest.raises(SealBroken):
            open_token(token, other)


def test_another_key_of_the_same_account_does_not_open_it() -> None:
    account = new_id()
    token = seal("hi", SealingKey(account, bytes(64)), new_id(), "text")
    with pytest.raises(SealBroken, match=f"a sealed text of account {account} does not open"):
        open_token(token, SealingKey(account, bytes(63) + b"\x01"))


@pytest.mark.parametrize("size", [0, 32, 63, 65])
def test_a_key_has_64_bytes(size: int) -> None:
    with pytest.raises(ValueError, match=f"64 bytes, this one {size}"):
        SealingKey(new_id(), bytes(size))


def test_a_key_does_not_show_itself() -> None:
    assert "4141" not in repr(SealingKey(new_id(), b"A" * 64))
    assert "AAAA" not in repr(SealingKey(new_id(), b"A" * 64))


def test_a_generated_key_comes_with_the_bytes_that_make_it_again() -> None:
    key, data = SealingKey.generate(new_id())
    assert open_token(seal("hi", key, new_id(), "text"), SealingKey(key.account, data)) == "hi"


@given(texts, ids, ids)
def test_without_sealing_the_token_says_so_and_opens_the_same_way(text: str, account: UUID, event_id: UUID) -> None:
    key = NoSealing(account)
    token = seal(text, key, event_id, "text")
    assert token.startswith("p1.text.")
    assert owner_of(token) == account
    assert open_token(token, key) == text


def test_nothing_falls_back_to_plain_text() -> None:
    account = new_id()
    real, plain = SealingKey(account, bytes(64)), NoSealing(account)
    with pytest.raises(SealBroken):
        open_token(seal("hi", plain, new_id(), "text"), real)
    with pytest.raises(SealBroken):
        open_token(seal("hi", real, new_id(), "text"), plain)
    with pytest.raises(SealBroken, match="holds no text"):
        open_token(seal("hi", real, new_id(), "text").replace("s1.", "p1."), plain)
