"""Reading one's own writes, retrying without harm, and what the gateway says of itself."""

import asyncio
from uuid import uuid4

import aiohttp
import openapi_spec_validator
import pytest

from tests.e2e.client import Api
from tests.e2e.platform import Platform


async def test_a_read_that_waits_for_a_position_sees_the_write(api: Api) -> None:
    author = await api.someone()
    for number in range(20):
        posted = await author.send("POST", "/v1/posts", {"text": f"no. {number}"})
        waiting = {"Qiao-Wait-For": posted.headers["Qiao-Position"]}
        home = await author.send("GET", "/v1/home?limit=1", headers=waiting)
        assert home.body["items"][0]["text"] == f"no. {number}"


async def test_every_write_says_where_it_stands(api: Api) -> None:
    author, other = await api.someone(), await api.someone()
    post = (await author.post("hello"))["id"]
    for method, path, body in (
        ("POST", "/v1/posts", {"text": "again"}),
        ("PATCH", f"/v1/posts/{post}", {"text": "hello!"}),
        ("PUT", f"/v1/posts/{post}/like", None),
        ("DELETE", f"/v1/posts/{post}/like", None),
        ("PUT", f"/v1/posts/{post}/save", None),
        ("DELETE", f"/v1/posts/{post}/save", None),
        ("PUT", f"/v1/accounts/{other.handle}/follow", None),
        ("DELETE", f"/v1/accounts/{other.handle}/follow", None),
        ("PUT", f"/v1/accounts/{other.handle}/mute", None),
        ("DELETE", f"/v1/accounts/{other.handle}/mute", None),
        ("PUT", f"/v1/accounts/{other.handle}/block", None),
        ("DELETE", f"/v1/accounts/{other.handle}/block", None),
        ("DELETE", f"/v1/posts/{post}", None),
    ):
        reply = await author.send(method, path, body)
        assert "Qiao-Position" in reply.headers, (method, path, reply)


@pytest.mark.parametrize("position", ["abc", "abc.def", "", "a" * 3000])
async def test_a_position_cannot_be_made_up(api: Api, position: str) -> None:
    someone = await api.someone()
    reply = await someone.send("GET", "/v1/home", headers={"Qiao-Wait-For": position})
    assert reply.refusal == (400, "malformed")
    assert reply.fields == ["Qiao-Wait-For"]


async def test_a_retry_with_the_same_key_makes_the_same_post(api: Api) -> None:
    author, key = await api.someone(), {"Idempotency-Key": uuid4().hex}
    first = await author.send("POST", "/v1/posts", {"text": "once"}, headers=key)
    again = await author.send("POST", "/v1/posts", {"text": "once"}, headers=key)
    assert first.status == again.status == 201
    assert first.body == again.body
    assert await author.texts("/v1/home") == ["once"]

    other = await author.send("POST", "/v1/posts", {"text": "something else"}, headers=key)
    assert other.refusal == (422, "idempotency-key-reused")


async def test_a_retry_is_not_refused_because_of_what_happened_since(api: Api) -> None:
    author, answers, key = await api.someone(), await api.someone(), {"Idempotency-Key": uuid4().hex}
    body = {"text": "an answer", "reply_to": (await author.post("a question"))["id"]}
    first = await answers.send("POST", "/v1/posts", body, headers=key)
    await author.does("PUT", f"/v1/accounts/{answers.handle}/block")
    assert (await answers.send("POST", "/v1/posts", body)).refusal == (403, "blocked")
    again = await answers.send("POST", "/v1/posts", body, headers=key)
    assert first.status == again.status == 201
    assert first.body == again.body


async def test_a_retried_registration_is_the_same_account(api: Api) -> None:
    handle, key = f"again_{uuid4().hex[:8]}", {"Idempotency-Key": uuid4().hex}
    body = {"handle": handle, "password": "a good password", "display_name": "x", "reads": ["en"], "writes": "en"}
    first = await api.send("POST", "/v1/accounts", body, headers=key)
    again = await api.send("POST", "/v1/accounts", body, headers=key)
    assert first.status == again.status == 201
    assert first.body["account"] == again.body["account"]
    assert (await api.send("POST", "/v1/accounts", body)).refusal == (409, "handle-taken")


async def test_a_reader_of_chinese_is_refused_in_chinese(api: Api) -> None:
    reply = await api.send("GET", "/v1/home", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert reply.body["title"] == "请先登录。"
    assert reply.headers["Content-Language"] == "zh"


async def test_the_platform_is_alive_and_ready_and_says_of_what(api: Api) -> None:
    assert (await api.send("GET", "/livez")).status == 200
    ready = await api.send("GET", "/readyz")
    assert ready.status == 200
    assert ready.body["ready"] is True
    assert ready.body["checks"].keys() >= {"log", "views", "vault", "projection feeds", "projection posts"}


async def test_metrics_tell_requests_by_route(api: Api, platform: Platform) -> None:
    someone = await api.someone()
    await someone.get("/v1/home")
    async with aiohttp.ClientSession() as session, session.get(f"{platform.url}/metrics") as response:
        text = await response.text()
    assert 'route="/v1/home"' in text
    assert someone.handle not in text


async def test_the_document_of_the_gateway_is_valid_openapi(api: Api) -> None:
    document = (await api.send("GET", "/v1/openapi.json")).body
    assert document["openapi"].startswith("3.1")
    await asyncio.to_thread(openapi_spec_validator.validate, document)
    assert "/v1/home" in document["paths"]
