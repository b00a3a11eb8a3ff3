"""A retry with the same Idempotency-Key makes the same thing."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from libs.events import moment_of, time_of
from libs.http import Tokens
from libs.http.kinds import KEY_REUSED
from libs.http.problems import Problem
from libs.vault import Vault
from services.gateway.idempotency import KIND, Idempotency, Remembered
from tests.unit.services.gateway.conftest import SECRET, Client
from tests.unit.services.gateway.notes import Notes

AMY = UUID(int=1)


async def write(client: Client, headers: dict[str, str], key: str, text: str = "hello") -> tuple[int, Any]:
    sent = headers | {"Idempotency-Key": key}
    async with client.post("/v1/notes", json={"text": text}, headers=sent) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_retry_makes_the_same_note(client: Client, notes: Notes, signed_in: dict[str, str]) -> None:
    assert await write(client, signed_in, "k1") == await write(client, signed_in, "k1")
    assert len(notes.notes) == 1


async def test_requests_at_the_same_time_make_the_same_note(
    client: Client, notes: Notes, signed_in: dict[str, str]
) -> None:
    answers = await asyncio.gather(*(write(client, signed_in, "k1") for _ in range(8)))
    assert len({body["id"] for _, body in answers}) == 1


async def test_another_key_makes_another_note(client: Client, notes: Notes, signed_in: dict[str, str]) -> None:
    await write(client, signed_in, "k1", "one")
    await write(client, signed_in, "k2", "two")
    assert len(notes.notes) == 2


async def test_the_same_key_with_another_body_is_422(client: Client, signed_in: dict[str, str]) -> None:
    await write(client, signed_in, "k1", "one")
    status, refused = await write(client, signed_in, "k1", "two")
    assert (status, refused["code"]) == (422, "idempotency-key-reused")
    assert refused["errors"][0]["field"] == "Idempotency-Key"


async def test_the_same_key_of_another_account_is_another_key(client: Client, notes: Notes) -> None:
    tokens = Tokens({"k1": SECRET})
    for text in ("one", "two"):
        status, _ = await write(client, {"Authorization": f"Bearer {tokens.issue(uuid4())}"}, "k1", text)
        assert status == 201


@pytest.mark.parametrize("key", ["", "x" * 129, "with space", "é"])
async def test_a_key_that_cannot_be_one_is_refused_by_name(client: Client, signed_in: dict[str, str], key: str) -> None:
    status, refused = await write(client, signed_in, key)
    assert (status, refused["errors"][0]["field"]) == (400, "Idempotency-Key")


async def test_ids_without_a_key_are_new_each_time(client: Client, notes: Notes, signed_in: dict[str, str]) -> None:
    for text in ("one", "two"):
        await (await client.post("/v1/notes", json={"text": text}, headers=signed_in)).release()
    assert len(notes.notes) == 2


async def test_strangers_with_one_key_do_not_meet(vault: Vault) -> None:
    idempotency = Idempotency(vault, SECRET)
    one = await idempotency.remember(None, "k1", "POST /v1/accounts", b"one")
    two = await idempotency.remember(None, "k1", "POST /v1/accounts", b"two")
    assert one.seed != two.seed
    assert (await idempotency.remember(None, "k1", "POST /v1/accounts", b"one")).seed == one.seed


@pytest.mark.parametrize("viewer", [None, AMY], ids=["a stranger", "an account"])
async def test_a_retry_after_the_secret_was_changed_is_the_same_request(vault: Vault, viewer: UUID | None) -> None:
    old, new = b"o" * 32, b"n" * 32
    before = await Idempotency(vault, old).remember(viewer, "k1", "POST /v1/notes", b"one")
    after = await Idempotency(vault, old, new).remember(viewer, "k1", "POST /v1/notes", b"one")
    assert after.seed == before.seed


async def test_a_key_that_another_request_has_is_refused_after_the_secret_was_changed_too(vault: Vault) -> None:
    old, new = b"o" * 32, b"n" * 32
    await Idempotency(vault, old).remember(AMY, "k1", "POST /v1/notes", b"one")
    with pytest.raises(Problem) as refused:
        await Idempotency(vault, old, new).remember(AMY, "k1", "POST /v1/notes", b"two")
    assert refused.value.kind == KEY_REUSED


async def test_new_requests_are_known_by_the_newest_secret_alone(vault: Vault) -> None:
    old, new = b"o" * 32, b"n" * 32
    first = await Idempotency(vault, old, new).remember(None, "k1", "POST /v1/notes", b"one")
    assert (await Idempotency(vault, new).remember(None, "k1", "POST /v1/notes", b"one")).seed == first.seed


async def test_the_record_holds_ids_and_a_keyed_digest_but_nothing_of_the_body(vault: Vault) -> None:
    viewer = uuid4()
    remembered = await Idempotency(vault, SECRET).remember(viewer, "k1", "POST /v1/notes", b"a password")
    kept = await vault.get(KIND, f"{viewer}:k1")
    assert kept is not None
    assert b"password" not in kept.value
    assert time_of(remembered.seed) > 0


async def test_the_first_decision_that_is_kept_is_every_tries(vault: Vault) -> None:
    idempotency, viewer = Idempotency(vault, SECRET), uuid4()

    async def again() -> Remembered:
        return await idempotency.remember(viewer, "k1", "POST /v1/notes", b"one")

    one, at_the_same_time = await again(), await again()
    assert one.decision is None
    assert await at_the_same_time.latest() is None
    assert await one.decide(b"first") == b"first"
    assert await at_the_same_time.latest() == b"first"
    assert await at_the_same_time.decide(b"second") == b"first"
    retry = await again()
    assert (retry.decision, retry.seed) == (b"first", one.seed)


async def test_a_record_of_before_decisions_were_kept_can_be_read(vault: Vault) -> None:
    idempotency, viewer = Idempotency(vault, SECRET), uuid4()
    await idempotency.remember(viewer, "k1", "POST /v1/notes", b"one")
    item = await vault.get(KIND, f"{viewer}:k1")
    assert item is not None
    assert msgspec.msgpack.decode(item.value).keys() == {"seed", "request"}


async def test_a_retry_happens_when_the_first_try_did(client: Client, signed_in: dict[str, str], notes: Notes) -> None:
    for _ in range(2):
        assert (await write(client, signed_in, "k1"))[0] == 201
    [written] = notes.notes.values()
    assert notes.received == [moment_of(written.id)] * 2


async def test_a_vault_that_is_away_is_503(client: Client, vault: Vault, signed_in: dict[str, str]) -> None:
    await vault.close()
    assert (await write(client, signed_in, "k1"))[0] == 503
