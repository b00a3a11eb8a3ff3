"""What people wrote is shown to who has the keys, and only what the keys open."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec

from libs.events import SealingKey
from qiao.looking import Pipeline
from qiao.looking.opening import says, with_texts
from qiao.tailing.lines import line_of
from tests.unit.qiao.story import KEYS, LIN, MEI, small_story

LINES = [line_of(record) for record in small_story().records]


class Known:
    """The `Keys` of some accounts."""

    def __init__(self, *accounts: UUID) -> None:
        self._keys = {account: KEYS[account] for account in accounts}

    async def key_for(self, account: UUID) -> SealingKey | None:
        return self._keys.get(account)

    async def keys_for(self, accounts: Iterable[UUID]) -> Mapping[UUID, SealingKey]:
        return {account: self._keys[account] for account in accounts if account in self._keys}


async def test_every_personal_field_is_opened_beside_its_token() -> None:
    lines = await with_texts(LINES, Known(MEI, LIN))
    assert [dict(line.opened) for line in lines] == [
        {"display_name": "Mei"},
        {"display_name": "Lin"},
        {"text": "今天的猫税"},
        {"text": "My cat pays, too"},
        {},
        {"text": "今天的猫税!"},
    ]
    assert [line.data for line in lines] == [line.data for line in LINES]


async def test_what_was_erased_or_changed_opens_for_nobody() -> None:
    assert (await with_texts(LINES[:2], Known(LIN)))[0].opened == {"display_name": None}
    assert LINES[2].data is not None
    broken = msgspec.structs.replace(
        LINES[2], data=msgspec.Raw(bytes(LINES[2].data).replace(b"s1.text.", b"s1.text.A"))
    )
    assert (await with_texts([broken], Known(MEI, LIN)))[0].opened == {"text": None}


async def test_a_text_is_looked_for_in_what_was_opened_in_whatever_case() -> None:
    lines = await Pipeline(keys=Known(MEI, LIN), text="MY CAT").lines(small_story().records)
    assert [line.opened["text"] for line in lines] == ["My cat pays, too"]
    assert not says(LINES[2], "s1"), "tokens are not looked into"
    assert await Pipeline(keys=Known(LIN), text="cat").lines(small_story().records) == []
