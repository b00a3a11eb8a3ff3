"""Access tokens: who issued them, for whom, until when; nothing else counts."""

import base64
import json
from typing import Any
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from libs.http import Problem, Tokens
from libs.http.identity import AUDIENCE, ISSUER, MAX_KNOWN
from libs.http.kinds import SIGN_IN
from tests.unit.libs.http.tampering import spelled_otherwise, tampered

SECRET, OTHER = b"1" * 32, b"2" * 32
ACCOUNT = UUID("9f1c4d3e-8a52-4b7d-9c60-5e2f7a1b3c4d")


class Clock:
    """A time that tests set."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


tokens = Tokens({"k1": SECRET})


def refuse(token: str, by: Tokens = tokens) -> None:
    with pytest.raises(Problem) as refusal:
        by.verify(token)
    assert refusal.value.kind is SIGN_IN
    assert refusal.value.headers == {"WWW-Authenticate": 'Bearer error="invalid_token"'}


def made(secret: bytes = SECRET, algorithm: str = "HS256", kid: Any = "k1", **claims: Any) -> str:
    """A token as someone else might make it."""
    right = {"sub": str(ACCOUNT), "iss": ISSUER, "aud": AUDIENCE, "iat": 0, "exp": 9_999_999_999}
    present = {name: value for name, value in (right | claims).items() if value is not ...}
    return jwt.encode(present, secret, algorithm, headers={"kid": kid} if kid is not ... else None)


def test_a_token_names_its_account() -> None:
    assert tokens.verify(tokens.issue(ACCOUNT)) == ACCOUNT
    assert tokens.verify(made()) == ACCOUNT


def test_a_token_holds_for_a_quarter_of_an_hour_even_when_it_was_seen_before() -> None:
    clock = Clock()
    limited = Tokens({"k1": SECRET}, now=clock)
    token = limited.issue(ACCOUNT)
    clock.now += 15 * 60 - 1
    assert limited.verify(token) == ACCOUNT
    clock.now += 1
    refuse(token, limited)


def test_keys_rotate_the_last_one_signs_and_the_others_still_verify() -> None:
    both = Tokens({"k1": SECRET, "k2": OTHER})
    assert both.verify(tokens.issue(ACCOUNT)) == ACCOUNT
    assert jwt.get_unverified_header(both.issue(ACCOUNT))["kid"] == "k2"
    refuse(both.issue(ACCOUNT))


@pytest.mark.parametrize(
    "token",
    [
        made(secret=OTHER),
        made(kid="k2"),
        made(kid=...),
        made(algorithm="HS512", secret=SECRET * 2),
        made(iss="someone"),
        made(iss=...),
        made(aud="someone"),
        made(aud=...),
        made(sub="no uuid"),
        made(sub=...),
        made(exp=1),
        made(exp=...),
        made(exp="soon"),
        made(exp=1e400),
        jwt.encode({"sub": str(ACCOUNT)}, None, "none"),
    ],
)
def test_a_token_that_is_not_wholly_ours_is_refused(token: str) -> None:
    refuse(token)


def test_keys_of_fewer_than_32_bytes_are_refused_at_start() -> None:
    with pytest.raises(ValueError, match="32"):
        Tokens({"k1": b"short"})
    with pytest.raises(ValueError, match="32"):
        Tokens({})


def test_no_more_tokens_are_kept_in_mind_than_the_bound() -> None:
    many = Tokens({"k1": SECRET})
    many._known.update({str(number): many._known.get("", None) for number in range(MAX_KNOWN)})  # type: ignore[misc]
    assert many.verify(many.issue(ACCOUNT)) == ACCOUNT
    assert len(many._known) == MAX_KNOWN


@given(st.data())
def test_a_tampered_token_is_refused(data: DataObject) -> None:
    token = data.draw(tampered(tokens.issue(UUID(int=0))))
    assert token.rstrip("=") != tokens.issue(UUID(int=0))
    refuse(token)


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    refuse(text)


def test_a_signature_has_one_spelling() -> None:
    token = tokens.issue(ACCOUNT)
    for other in (f"{token}=", f"{token}==", f"{token}!", spelled_otherwise(token)):
        refuse(other)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


scalars = st.none() | st.booleans() | st.floats() | st.text()
json_values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3))


@given(json_values | st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64"]), json_values), json_values)
def test_anything_shaped_like_a_token_is_refused(header: object, payload: object) -> None:
    refuse(f"{part(header)}.{part(payload)}.{part('signature')}")
