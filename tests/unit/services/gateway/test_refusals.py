"""Whatever is wrong with a request, the answer is a problem that names the field; no request makes a 5xx."""

import json
import logging
from typing import Any
from uuid import uuid4

import pytest
from multidict import CIMultiDict

from tests.unit.services.gateway.conftest import Client
from tests.unit.services.gateway.notes import Notes


async def problem(client: Client, method: str, path: str, status: int, **request: Any) -> Any:
    async with client.request(method, path, **request) as answer:
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        body = await answer.json(content_type=None)
        assert body["status"] == status
        assert body["type"] == f"urn:qiao:problem:{body['code']}"
        assert body["request_id"] == answer.headers["Qiao-Request-Id"]
        return body


def fields(body: Any) -> list[tuple[str, str]]:
    return [(error["in"], error["field"]) for error in body["errors"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "/text"), ({"text": ""}, "/text"), ({"text": "a", "mood": "cross"}, "/mood"), ({"text": "a", "x": 1}, "/x")],
)
async def test_a_body_that_does_not_fit_is_422_and_names_its_field(
    client: Client, signed_in: dict[str, str], body: Any, field: str
) -> None:
    refused = await problem(client, "POST", "/v1/notes", 422, json=body, headers=signed_in)
    assert (refused["code"], fields(refused)) == ("invalid", [("body", field)])


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe"])
async def test_a_body_that_is_no_json_is_400(client: Client, signed_in: dict[str, str], body: bytes) -> None:
    headers = signed_in | {"Content-Type": "application/json"}
    refused = await problem(client, "POST", "/v1/notes", 400, data=body, headers=headers)
    assert (refused["code"], fields(refused)) == ("malformed", [("body", "")])


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "nonsense", ""]
)
async def test_a_body_of_another_type_is_415(client: Client, signed_in: dict[str, str], kind: str) -> None:
    headers = signed_in | {"Content-Type": kind}
    refused = await problem(client, "POST", "/v1/notes", 415, data=b'{"text": "a"}', headers=headers)
    assert fields(refused) == [("header", "Content-Type")]


async def test_the_usual_spellings_of_json_are_taken(client: Client, signed_in: dict[str, str]) -> None:
    for number, kind in enumerate(
        ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF8"]
    ):
        headers = signed_in | {"Content-Type": kind}
        async with client.post("/v1/notes", data=json.dumps({"text": str(number)}), headers=headers) as answer:
            assert answer.status == 201, kind


async def test_a_compressed_body_is_415(client: Client, signed_in: dict[str, str]) -> None:
    headers = signed_in | {"Content-Type": "application/json", "Content-Encoding": "x-own"}
    refused = await problem(client, "POST", "/v1/notes", 415, data=b"{}", headers=headers)
    assert fields(refused) == [("header", "Content-Encoding")]


async def test_a_body_above_64_kib_is_413_whether_it_says_its_length_or_not(
    client: Client, signed_in: dict[str, str]
) -> None:
    async def chunks() -> Any:
        for _ in range(70):
            yield b" " * 1024

    headers = signed_in | {"Content-Type": "application/json"}
    for data in (b" " * 65_537, chunks()):
        refused = await problem(client, "POST", "/v1/notes", 413, data=data, headers=headers)
        assert refused["code"] == "too-large"


@pytest.mark.parametrize(
    ("query", "status", "code", "field"),
    [
        ("limit=0", 422, "invalid", "limit"),
        ("limit=ten", 422, "invalid", "limit"),
        ("limit=1&limit=2", 422, "invalid", "limit"),
        ("curser=x", 422, "invalid", "curser"),
        ("cursor=", 422, "invalid", "cursor"),
        ("cursor=made-up", 400, "malformed", "cursor"),
        ("%ff=%fe", 422, "invalid", "\ufffd"),
    ],
)
async def test_a_query_value_that_does_not_fit_is_named(
    client: Client, query: str, status: int, code: str, field: str
) -> None:
    refused = await problem(client, "GET", f"/v1/notes?{query}", status)
    assert (refused["code"], fields(refused)) == (code, [("query", field)])


async def test_a_route_without_query_values_takes_none(client: Client) -> None:
    assert fields(await problem(client, "GET", f"/v1/notes/{uuid4()}?x=1", 422)) == [("query", "x")]


async def test_an_id_that_can_be_none_is_404_and_named(client: Client) -> None:
    refused = await problem(client, "GET", "/v1/notes/7", 404)
    assert (refused["code"], fields(refused)) == ("not-found", [("path", "id")])


async def test_what_a_service_refuses_is_answered_as_it_said(client: Client, signed_in: dict[str, str]) -> None:
    assert (await problem(client, "GET", f"/v1/notes/{uuid4()}", 404))["code"] == "note-unknown"
    await (await client.post("/v1/notes", json={"text": "a"}, headers=signed_in)).release()
    refused = await problem(client, "POST", "/v1/notes", 409, json={"text": "a"}, headers=signed_in)
    assert (refused["detail"], fields(refused)) == ("Write something else.", [("body", "/text")])


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/v1/nowhere", "/v1/notes/", "/v1/notes/1/2", "//", "/%00", "/é"])
async def test_an_unknown_address_is_404(client: Client, path: str) -> None:
    assert (await problem(client, "GET", path, 404))["code"] == "not-found"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/notes", "GET, HEAD, POST"),
        ("POST", "/v1/notes/9f1c4d3e-8a52-4b7d-9c60-5e2f7a1b3c4d", "DELETE, GET, HEAD"),
        ("OPTIONS", "/v1/notes", "GET, HEAD, POST"),
        ("TRACE", "/v1/notes", "GET, HEAD, POST"),
        ("POST", "/livez", "GET, HEAD"),
    ],
)
async def test_another_method_is_405_and_says_which_there_are(
    client: Client, method: str, path: str, allow: str
) -> None:
    async with client.request(method, path) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, allow)


async def test_titles_come_in_the_readers_language(client: Client) -> None:
    for languages, title in {
        "zh-CN,zh;q=0.9,en;q=0.8": "这里没有内容。",
        "en-US,en;q=0.9,zh;q=0.5": "There is nothing here.",
        "fr": "There is nothing here.",
        "zh;q=2x,;;,=,en;q=": "There is nothing here.",
    }.items():
        async with client.get("/v1/nowhere", headers={"Accept-Language": languages}) as answer:
            assert (await answer.json(content_type=None))["title"] == title
            assert answer.headers["Vary"] == "Accept-Language"


async def test_a_store_that_is_away_is_503_with_a_time_to_try_again(
    client: Client, notes: Notes, signed_in: dict[str, str]
) -> None:
    notes.away = True
    async with client.delete(f"/v1/notes/{uuid4()}", headers=signed_in) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert (await answer.json(content_type=None))["code"] == "unavailable"


@pytest.mark.parametrize(("language", "says"), [("en", "try again with the same"), ("zh", "请用同一个")])
async def test_a_write_in_doubt_says_to_retry_with_the_same_idempotency_key(
    client: Client, notes: Notes, signed_in: dict[str, str], language: str, says: str
) -> None:
    notes.away = True
    headers = signed_in | {"Accept-Language": language, "Idempotency-Key": "k1"}
    async with client.post("/v1/notes", json={"text": "a"}, headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        body = await answer.json(content_type=None)
        assert body["code"] == "in-doubt"
        assert says in body["title"]
        assert "Idempotency-Key" in body["title"]
    notes.away = False
    async with client.post("/v1/notes", json={"text": "a"}, headers=headers) as answer:
        assert answer.status == 201


async def test_a_write_in_doubt_that_had_no_key_says_so(
    client: Client, notes: Notes, signed_in: dict[str, str]
) -> None:
    notes.away = True
    refused = await problem(client, "POST", "/v1/notes", 503, json={"text": "a"}, headers=signed_in)
    assert (refused["code"], "no Idempotency-Key" in refused["detail"]) == ("in-doubt", True)


async def test_an_outage_is_one_line_in_the_log_however_many_requests_it_costs(
    client: Client, notes: Notes, signed_in: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    notes.away = True
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            await problem(client, "POST", "/v1/notes", 503, json={"text": "a"}, headers=signed_in)
    assert [record.message for record in caplog.records if "cannot be reached" in record.message] == [
        "the log cannot be reached: LogUnavailable('the log is away'); requests are answered with 503 until it is back"
    ]


async def test_a_mistake_of_ours_is_logged_and_tells_the_client_nothing(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        refused = await problem(client, "GET", "/v1/broken", 500)
    assert "person" not in json.dumps(refused)
    assert "ZeroDivisionError" in caplog.text


async def test_one_idempotency_key_is_enough(client: Client, signed_in: dict[str, str]) -> None:
    headers = [*signed_in.items(), ("Idempotency-Key", "a" * 16), ("Idempotency-Key", "b" * 16)]
    refused = await problem(client, "POST", "/v1/notes", 400, json={"text": "a"}, headers=CIMultiDict(headers))
    assert fields(refused) == [("header", "Idempotency-Key")]


async def test_what_a_pattern_wants_is_said_in_words(client: Client) -> None:
    refused = await problem(client, "GET", "/v1/notes?cursor=", 422)
    assert [error["message"] for error in refused["errors"]] == ["Expected: The `next_cursor` of the page before."]
