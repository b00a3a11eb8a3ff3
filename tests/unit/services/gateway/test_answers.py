"""What a declared route answers."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from libs.http import Positions
from libs.log import Partition
from tests.unit.services.gateway.conftest import SECRET, Client
from tests.unit.services.gateway.notes import Note, Notes

TRACE = "0af7651916cd43dd8448eb211c80319c"


async def write(client: Client, headers: dict[str, str], text: str = "hello") -> Any:
    async with client.post("/v1/notes", json={"text": text}, headers=headers) as answer:
        assert answer.status == 201
        return await answer.json()


async def test_a_body_comes_as_json_with_the_declared_status_and_the_handlers_headers(
    client: Client, signed_in: dict[str, str], account: UUID
) -> None:
    async with client.post("/v1/notes", json={"text": "你好"}, headers=signed_in) as answer:
        assert answer.status == 201
        assert answer.headers["Content-Type"] == "application/json"
        note = await answer.json()
        assert note == {"id": note["id"], "author": str(account), "text": "你好", "mood": "calm"}
        assert answer.headers["Location"] == f"/v1/notes/{note['id']}"


async def test_a_write_says_where_it_stands(client: Client, signed_in: dict[str, str]) -> None:
    async with client.post("/v1/notes", json={"text": "hello"}, headers=signed_in) as answer:
        assert Positions([SECRET]).open(answer.headers["Qiao-Position"]) == {Partition("notes", 0): 0}


async def test_done_is_204_without_a_body_and_with_a_position(client: Client, signed_in: dict[str, str]) -> None:
    note = await write(client, signed_in)
    async with client.delete(f"/v1/notes/{note['id']}", headers=signed_in) as answer:
        assert (answer.status, await answer.read()) == (204, b"")
        assert "Qiao-Position" in answer.headers


async def test_a_list_comes_in_pages_until_its_end(client: Client, notes: Notes) -> None:
    for number in range(5):
        note = Note(uuid4(), uuid4(), str(number), "calm")
        notes.notes[note.id] = note
    texts, cursor = [], None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        async with client.get("/v1/notes", params=query) as answer:
            page = await answer.json()
        texts += [item["text"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert texts == ["0", "1", "2", "3", "4"]


async def test_head_answers_as_get_without_the_body(client: Client) -> None:
    async with client.head("/v1/notes") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", ["/v1/notes", "/v1/nowhere", "/v1/notes/x"])
async def test_every_answer_is_named_private_and_typed(client: Client, path: str) -> None:
    async with client.get(path) as answer:
        assert len(answer.headers["Qiao-Request-Id"]) == 32
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "aiohttp" not in answer.headers["Server"]


async def test_a_request_is_named_by_the_trace_that_it_brings(client: Client) -> None:
    headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    async with client.get("/v1/whoami", headers=headers) as answer:
        assert answer.headers["Qiao-Request-Id"] == TRACE
        assert (await answer.json())["request"] == TRACE


async def test_a_broken_traceparent_is_ignored_as_w3c_wants(client: Client) -> None:
    async with client.get("/v1/whoami", headers={"traceparent": "nonsense"}) as answer:
        assert answer.status == 200
