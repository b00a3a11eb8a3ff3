"""The document says what the declarations say, and is valid OpenAPI 3.1."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from openapi_spec_validator import validate

from libs.http import Answer, Auth, Call, Done, Input, Page, Paging, Problem, ProblemKind, Route, route
from libs.http.openapi import document

GONE = ProblemKind(404, "note-gone", "This note is gone.", "这条笔记已不存在。")


class Note(msgspec.Struct):
    """A note."""

    id: UUID
    text: str


class Write(Input, frozen=True):
    """A note to be."""

    text: Annotated[str, msgspec.Meta(min_length=1, description="What to say.")]


class ById(Input, frozen=True):
    id: UUID


async def write(call: Call[Write]) -> Answer[Note] | Problem:
    return GONE()


async def show(call: Call[None, ById]) -> Note | Problem:
    return GONE()


async def inspect(call: Call[None, ById]) -> Note | Problem:
    return GONE()


async def drop(call: Call[None, ById]) -> Done:
    return Done()


async def look(call: Call[None, None, Paging]) -> Page[Note]:
    return Page([], None)


ROUTES = [
    route("POST", "/notes", write, body=Write, returns=Note, status=201, waits_for=["notes"], summary="W", tag="notes"),
    route("GET", "/notes", look, query=Paging, returns=Page[Note], auth=Auth.OPTIONAL, summary="L", tag="notes"),
    route("GET", "/notes/{id}", show, path=ById, returns=Note, auth=Auth.NONE, problems=[GONE], summary="S"),
    route("DELETE", "/notes/{id}", drop, path=ById, returns=None, summary="D"),
    route("GET", "/debug/notes/{id}", inspect, path=ById, returns=Note, auth=Auth.ADMIN, summary="I"),
]


def described(routes: list[Route]) -> Any:
    return msgspec.json.decode(msgspec.json.encode(document(routes, version="1.2")))


@pytest.fixture(scope="module")
def made() -> Any:
    return described(ROUTES)


def test_it_is_valid(made: Any) -> None:
    validate(made)
    assert made["openapi"] == "3.1.0"


def test_operations_carry_body_answer_and_name(made: Any) -> None:
    operation = made["paths"]["/notes"]["post"]
    assert operation["operationId"] == "notes_write"
    assert operation["requestBody"] == {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Write"}}},
        "required": True,
    }
    created = operation["responses"]["201"]
    assert created["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Note"}
    assert set(created["headers"]) == {"Qiao-Request-Id", "Qiao-Position", "Qiao-Stale"}
    assert made["components"]["schemas"]["Write"]["additionalProperties"] is False


def test_an_answer_without_a_body_has_no_content(made: Any) -> None:
    assert "content" not in made["paths"]["/notes/{id}"]["delete"]["responses"]["204"]


def test_parameters_come_from_path_query_and_conventions(made: Any) -> None:
    assert made["paths"]["/notes/{id}"]["get"]["parameters"] == [
        {"name": "id", "in": "path", "schema": {"type": "string", "format": "uuid"}, "required": True}
    ]
    limit, cursor = made["paths"]["/notes"]["get"]["parameters"]
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert (cursor["name"], cursor["schema"]["type"], cursor.get("required", False)) == ("cursor", "string", False)
    assert made["paths"]["/notes"]["post"]["parameters"] == [
        {"$ref": "#/components/parameters/Qiao-Wait-For"},
        {"$ref": "#/components/parameters/Idempotency-Key"},
    ]


def test_security_follows_auth(made: Any) -> None:
    assert made["paths"]["/notes"]["post"]["security"] == [{"bearer": []}]
    assert made["paths"]["/notes"]["get"]["security"] == [{}, {"bearer": []}]
    assert made["paths"]["/notes/{id}"]["get"]["security"] == []


def test_a_route_for_admins_says_so_and_names_its_403(made: Any) -> None:
    operation = made["paths"]["/debug/notes/{id}"]["get"]
    assert operation["security"] == [{"bearer": ["admin"]}]
    assert "`forbidden`" in operation["responses"]["403"]["description"]
    assert "`sign-in`" in operation["responses"]["401"]["description"]


def test_problems_are_named_by_status_and_code(made: Any) -> None:
    refused = made["paths"]["/notes/{id}"]["get"]["responses"]["404"]
    assert refused["description"] == "`not-found`: There is nothing here. `note-gone`: This note is gone."
    schema = refused["content"]["application/problem+json"]["schema"]
    assert schema["allOf"][1] == {"properties": {"code": {"enum": ["not-found", "note-gone"]}}}
    assert set(made["paths"]["/notes"]["post"]["responses"]) == {
        "201",
        "400",
        "401",
        "413",
        "415",
        "422",
        "429",
        "503",
    }


def test_two_routes_at_one_address_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="share"):
        described([ROUTES[0], ROUTES[0]])
