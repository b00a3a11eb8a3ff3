"""The opener: many tokens at once, each owner's key asked for once, erased text told from broken text."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import pytest

from libs.events import Opener, SealBroken, SealingKey, new_id, seal


class Ring:
    """Keys in memory, which notes what it was asked for."""

    def __init__(self, *keys: SealingKey) -> None:
        self.keys = {key.account: key for key in keys}
        self.asked: list[UUID] = []

    async def key_for(self, account: UUID) -> SealingKey | None:
        return self.keys.get(account)

    async def keys_for(self, accounts: Iterable[UUID]) -> Mapping[UUID, SealingKey]:
        self.asked += accounts
        return {account: self.keys[account] for account in self.asked if account in self.keys}


def key() -> SealingKey:
    return SealingKey.generate(new_id())[0]


async def test_texts_come_in_the_order_of_their_tokens() -> None:
    ming, rosa = key(), key()
    ring = Ring(ming, rosa)
    tokens = [seal(text, owner, new_id(), "text") for text, owner in [("猫", ming), ("cat", rosa), ("猫税", ming)]]
    assert await Opener(ring).open_many(tokens) == ["猫", "cat", "猫税"]
    assert sorted(ring.asked) == sorted([ming.account, rosa.account])


async def test_what_belongs_to_a_destroyed_key_is_erased() -> None:
    here, gone = key(), key()
    tokens = [seal("lost", gone, new_id(), "text"), seal("here", here, new_id(), "text")]
    assert await Opener(Ring(here)).open_many(tokens) == [None, "here"]


async def test_a_broken_token_is_no_erased_one() -> None:
    owner = key()
    with pytest.raises(SealBroken):
        await Opener(Ring(owner)).open_many([seal("hi", owner, new_id(), "text")[:-1]])


async def test_nothing_to_open_asks_for_nothing() -> None:
    ring = Ring()
    assert await Opener(ring).open_many([]) == []
    assert ring.asked == []
