"""The gateway describes itself."""

from openapi_spec_validator import validate

from tests.unit.services.gateway.conftest import Client


async def test_the_document_is_valid_and_covers_every_route(client: Client) -> None:
    async with client.get("/v1/openapi.json") as answer:
        assert answer.headers["Content-Type"] == "application/json"
        document = await answer.json()
    validate(document)
    assert {(path, method) for path, methods in document["paths"].items() for method in methods} == {
        ("/v1/notes", "get"),
        ("/v1/notes", "post"),
        ("/v1/notes/{id}", "get"),
        ("/v1/notes/{id}", "delete"),
        ("/v1/whoami", "get"),
        ("/v1/entries", "post"),
        ("/v1/secrets", "get"),
        ("/v1/slow", "get"),
        ("/v1/broken", "get"),
    }
