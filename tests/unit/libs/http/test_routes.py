"""A route is checked when it is declared, so that it cannot contradict its handler."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from libs.http import Answer, Auth, Call, Done, Input, Page, Paging, Problem, route


class Note(msgspec.Struct):
    text: str


class Write(Input, frozen=True):
    text: str


class ById(Input, frozen=True):
    id: UUID


async def write(call: Call[Write]) -> Answer[Note] | Problem:
    return Answer(Note(call.body.text))


async def show(call: Call[None, ById]) -> Note | None:
    return None


async def look(call: Call[None, ById, Paging]) -> Page[Note]:
    return Page([], None)


async def drop(call: Call[None, ById]) -> Done | Problem:
    return Done()


def declare(handler: Any, template: str = "/notes", **declared: Any) -> Any:
    """As `route`, for declarations that the type checker would refuse before we could."""
    return route("GET", template, handler, summary="", **declared)


def test_a_route_says_everything_about_an_address() -> None:
    made = route("POST", "/notes", write, body=Write, returns=Note, status=201, auth=Auth.NONE, summary="Write")
    assert (made.name, made.status, made.auth, made.writes) == ("POST /notes", 201, Auth.NONE, True)


def test_the_status_is_200_or_204_without_a_body_unless_said() -> None:
    assert declare(look, "/notes/{id}", path=ById, query=Paging, returns=Page[Note]).status == 200
    assert route("DELETE", "/notes/{id}", drop, path=ById, returns=None, summary="").status == 204


@pytest.mark.parametrize(
    ("handler", "template", "declared"),
    [
        (write, "/notes", {"returns": Note}),
        (write, "/notes", {"body": Note, "returns": Note}),
        (write, "/notes", {"body": Write, "returns": Write}),
        (write, "/notes", {"body": Write, "returns": None}),
        (look, "/notes/{id}", {"path": ById, "returns": Page[Note]}),
        (look, "/notes/{id}", {"path": ById, "query": Paging, "returns": Page[Write]}),
        (drop, "/notes/{id}", {"path": ById, "returns": Note}),
        (drop, "/notes/{id}", {"returns": None}),
        (drop, "/notes", {"path": ById, "returns": None}),
        (drop, "/notes/{name}", {"path": ById, "returns": None}),
        (show, "/notes/{id}", {"path": ById, "returns": Note}),
    ],
)
def test_a_declaration_that_its_handler_or_template_contradicts_is_refused(
    handler: Any, template: str, declared: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        declare(handler, template, **declared)
