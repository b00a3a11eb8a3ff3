"""Who is asking."""

from typing import Any
from uuid import UUID

import pytest

from tests.unit.services.gateway.conftest import Client, Open


async def test_a_token_names_the_viewer(client: Client, signed_in: dict[str, str], account: UUID) -> None:
    async with client.get("/v1/whoami", headers=signed_in) as answer:
        assert (await answer.json())["viewer"] == str(account)


async def test_where_sign_in_is_optional_nobody_need_be_signed_in(client: Client) -> None:
    async with client.get("/v1/whoami") as answer:
        assert (await answer.json())["viewer"] == "None"


async def test_where_it_is_required_a_request_without_a_token_is_401(client: Client) -> None:
    async with client.post("/v1/notes", json={"text": "a"}) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer a.b.c", "Basic YTpi", "nonsense", "Bearer é"])
@pytest.mark.parametrize("path", ["/v1/whoami", "/v1/notes"])
async def test_a_bad_token_is_401_even_where_none_is_needed(client: Client, path: str, header: str) -> None:
    async with client.get(path, headers={"Authorization": header}) as answer:
        refused: Any = await answer.json(content_type=None)
        assert (answer.status, refused["code"]) == (401, "sign-in")
        assert [(error["in"], error["field"]) for error in refused["errors"]] == [("header", "Authorization")]


async def test_the_scheme_may_be_written_in_any_case(client: Client, signed_in: dict[str, str], account: UUID) -> None:
    headers = {"Authorization": signed_in["Authorization"].replace("Bearer", "bEARER")}
    async with client.get("/v1/whoami", headers=headers) as answer:
        assert (await answer.json())["viewer"] == str(account)


async def test_a_cursor_of_one_viewer_is_refused_to_another(client: Client, signed_in: dict[str, str]) -> None:
    for text in "abc":
        await (await client.post("/v1/notes", json={"text": text}, headers=signed_in)).release()
    async with client.get("/v1/notes", params={"limit": "1"}, headers=signed_in) as answer:
        cursor = (await answer.json())["next_cursor"]
    async with client.get("/v1/notes", params={"cursor": cursor}) as answer:
        assert answer.status == 400


async def test_a_route_for_admins_is_403_to_anybody_else_and_401_to_who_is_not_signed_in(
    client: Client, signed_in: dict[str, str]
) -> None:
    async with client.get("/v1/secrets", headers=signed_in) as answer:
        refused: Any = await answer.json(content_type=None)
        assert (answer.status, refused["code"]) == (403, "forbidden")
    async with client.get("/v1/secrets") as answer:
        assert answer.status == 401


async def test_an_admin_may_and_only_for_as_long_as_they_are_one(
    open_client: Open, signed_in: dict[str, str], account: UUID
) -> None:
    named = {account}

    async def admins() -> set[UUID]:
        return named

    client = await open_client(admins=admins)
    async with client.get("/v1/secrets", headers=signed_in) as answer:
        assert (await answer.json())["viewer"] == str(account)
    named.clear()
    async with client.get("/v1/secrets", headers=signed_in) as answer:
        assert answer.status == 403
