"""Every malformed request is refused by a problem that names the field."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from tests.e2e.client import Api

NOWHERE = "01890000-0000-7000-8000-000000000000"
NEWCOMER = {"handle": "newcomer", "password": "long enough", "display_name": "N", "reads": ["en"], "writes": "en"}


class Wrong(NamedTuple):
    """A request with something wrong with it, and the refusal it gets."""

    method: str
    path: str
    body: Mapping[str, Any] | None
    status: int
    code: str
    field: str | None = None


def _newcomer(**changes: object) -> Mapping[str, Any]:
    return NEWCOMER | changes


WRONG = (
    Wrong("POST", "/v1/accounts", _newcomer(handle="No Spaces"), 422, "invalid", "/handle"),
    Wrong("POST", "/v1/accounts", _newcomer(handle="ab"), 422, "invalid", "/handle"),
    Wrong("POST", "/v1/accounts", _newcomer(handle="UPPER"), 422, "invalid", "/handle"),
    Wrong("POST", "/v1/accounts", _newcomer(handle="newcomer\n"), 422, "invalid", "/handle"),
    Wrong("POST", "/v1/accounts", _newcomer(writes="en\n"), 422, "invalid", "/writes"),
    Wrong("POST", "/v1/accounts", _newcomer(display_name="New\ncomer"), 422, "invalid", "/display_name"),
    Wrong("POST", "/v1/accounts", _newcomer(display_name="  "), 422, "invalid", "/display_name"),
    Wrong("POST", "/v1/accounts", _newcomer(display_name="\u200b\u3164"), 422, "invalid", "/display_name"),
    Wrong("POST", "/v1/accounts", _newcomer(display_name="\u202egnorw"), 422, "invalid", "/display_name"),
    Wrong("POST", "/v1/accounts", _newcomer(password="short"), 422, "invalid", "/password"),
    Wrong("POST", "/v1/accounts", _newcomer(reads=[]), 422, "invalid", "/reads"),
    Wrong("POST", "/v1/accounts", _newcomer(reads=["en", "not a language"]), 422, "invalid", "/reads/1"),
    Wrong("POST", "/v1/accounts", _newcomer(writes=7), 422, "invalid", "/writes"),
    Wrong("POST", "/v1/accounts", _newcomer(admin=True), 422, "invalid", "/admin"),
    Wrong("POST", "/v1/accounts", {"handle": "newcomer"}, 422, "invalid", "/password"),
    Wrong("POST", "/v1/sessions", {"handle": "mei"}, 422, "invalid", "/password"),
    Wrong("POST", "/v1/sessions/refresh", {}, 422, "invalid", "/refresh_token"),
    Wrong("POST", "/v1/sessions/refresh", {"refresh_token": "made.up"}, 401, "session-over"),
    Wrong("POST", "/v1/posts", {"text": ""}, 422, "invalid", "/text"),
    Wrong("POST", "/v1/posts", {"text": " \n "}, 422, "text-empty", "/text"),
    Wrong("POST", "/v1/posts", {"text": "\u200b\u2060"}, 422, "text-empty", "/text"),
    Wrong("POST", "/v1/posts", {"text": "x" * 5_001}, 422, "invalid", "/text"),
    Wrong("POST", "/v1/posts", {"text": "x", "lang": "english, please"}, 422, "invalid", "/lang"),
    Wrong("POST", "/v1/posts", {"text": "x", "reply_to": "that one"}, 422, "invalid", "/reply_to"),
    Wrong("POST", "/v1/posts", {"text": "x", "reply_to": NOWHERE}, 422, "parent-unknown", "/reply_to"),
    Wrong("PATCH", f"/v1/posts/{NOWHERE}", {"text": "x"}, 404, "post-unknown"),
    Wrong("DELETE", f"/v1/posts/{NOWHERE}", None, 404, "post-unknown"),
    Wrong("GET", f"/v1/posts/{NOWHERE}", None, 404, "post-unknown"),
    Wrong("GET", f"/v1/posts/{NOWHERE}/thread", None, 404, "post-unknown"),
    Wrong("GET", "/v1/posts/not-an-id", None, 404, "not-found", "id"),
    Wrong("PUT", f"/v1/posts/{NOWHERE}/like", None, 404, "post-unknown"),
    Wrong("GET", "/v1/accounts/nobody_of_that_name", None, 404, "account-unknown"),
    Wrong("GET", "/v1/accounts/nobody_of_that_name/posts", None, 404, "account-unknown"),
    Wrong("GET", "/v1/home?limit=0", None, 422, "invalid", "limit"),
    Wrong("GET", "/v1/home?limit=101", None, 422, "invalid", "limit"),
    Wrong("GET", "/v1/home?limit=ten", None, 422, "invalid", "limit"),
    Wrong("GET", "/v1/home?limit=1&limit=2", None, 422, "invalid", "limit"),
    Wrong("GET", "/v1/home?page=2", None, 422, "invalid", "page"),
    Wrong("GET", "/v1/nothing/here", None, 404, "not-found"),
    Wrong("PUT", "/v1/home", None, 405, "method-not-allowed"),
)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.method} {wrong.path[:30]} {wrong.field}")
async def test_what_is_wrong_is_refused_and_named(api: Api, wrong: Wrong) -> None:
    someone = await api.someone()
    reply = await someone.send(wrong.method, wrong.path, wrong.body)
    assert reply.refusal == (wrong.status, wrong.code)
    if wrong.field is not None:
        assert reply.fields[:1] == [wrong.field]


async def test_a_body_must_be_json_and_say_so(api: Api) -> None:
    token = (await api.someone()).token
    told = await api.send("POST", "/v1/posts", {"text": "x"}, token=token, headers={"Content-Type": "text/plain"})
    assert told.refusal == (415, "unsupported-type")


async def test_a_body_has_bounds(api: Api) -> None:
    token = (await api.someone()).token
    reply = await api.send("POST", "/v1/posts", {"text": "x" * 70_000}, token=token)
    assert reply.refusal == (413, "too-large")


async def test_a_post_is_edited_a_hundred_times_at_most(api: Api) -> None:
    author = await api.someone()
    path = f"/v1/posts/{(await author.post('no. 0'))['id']}"
    for number in range(1, 101):
        await author.does("PATCH", path, {"text": f"no. {number}"})
    assert (await author.send("PATCH", path, {"text": "no. 101"})).refusal == (409, "edited-too-often")
    assert (await author.get(path))["text"] == "no. 100"
