"""What is shown of a parked event: why it failed, what its handler reads, who waits; in clear only when asked for."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from libs.events import NoSealing, seal
from libs.log import Partition, Place
from libs.log.single import read_one
from libs.projections.parking import parked_rows
from qiao.commands.printing import json_text
from qiao.parking.lot import Waiting
from qiao.parking.reading import reading_of
from qiao.parking.showing import Shown, as_text, shown_open
from qiao.sealed import opened
from qiao.tailing.lines import line_of
from tests.unit.libs.projections.lab import AMY, POSTS, REACTIONS, FixedKeys, Lab, an_id, like, open_lab, post, unlike


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with open_lab(tmp_path) as lab:
        yield lab


async def _shown(lab: Lab, offset: int, place: Partition = REACTIONS) -> Shown:
    rows = [row async for row in parked_rows(lab.views, "toy", place)]
    record = await read_one(lab.log, Place(*place, offset))
    return Shown(
        parked=Waiting.of(rows[0]),
        event=line_of(record),
        by="@amy",
        reads=await reading_of(lab.views, lab.toy.projection, record),
        behind=[Waiting.of(row) for row in rows[1:]],
    )


async def _fold(lab: Lab, place: Partition = REACTIONS) -> None:
    owner = await lab.process(place)
    await owner.worker.fold(await lab.records(place, owner.folder.reached))


async def test_the_rows_that_the_handler_reads_are_shown_as_they_are_now(lab: Lab) -> None:
    await lab.append(like(AMY))
    await _fold(lab)
    lab.toy.broken.add(AMY)
    await lab.append(unlike(AMY), like(AMY))
    await _fold(lab)
    text = as_text(await _shown(lab, 1))
    assert f'toy.likes {AMY} {an_id(100)}: {{"account":"{AMY}","post":"{an_id(100)}","on":true}}' in text
    assert "reactions[0]@2 PostLiked" in text, "it waits behind"
    assert "tests.unit.libs.projections.toy.Toy._fail_if:" in text, "where it failed"


async def test_a_row_that_is_not_there_is_said_not_to_be(lab: Lab) -> None:
    lab.toy.broken.add(AMY)
    await lab.append(like(AMY))
    await _fold(lab)
    assert "no such row" in as_text(await _shown(lab, 0))


async def test_an_event_that_cannot_be_read_is_shown_with_the_reason(lab: Lab) -> None:
    await lab.append_raw("reactions", str(AMY), {"ce_type": "PostLiked"}, b"{")
    await _fold(lab)
    assert "what its handler would read cannot be said: header ce_specversion" in as_text(await _shown(lab, 0))


async def test_what_people_wrote_is_sealed_until_it_is_opened(lab: Lab) -> None:
    lab.toy.broken.add(post(0).post)
    await lab.append(msgspec.structs.replace(post(0), text="a secret"))
    await _fold(lab, POSTS)
    shown = await _shown(lab, 0, POSTS)
    assert "a secret" not in as_text(shown) + json_text(shown)
    clear = await shown_open(shown, FixedKeys())
    assert "a secret" in as_text(clear)
    assert "a secret" in json_text(clear)


async def test_tokens_are_opened_wherever_they_are_and_erased_ones_are_null() -> None:
    key = await FixedKeys().key_for(AMY)
    assert key is not None
    token, strange = seal("hi", key, an_id(5), "text"), seal("hi", NoSealing(AMY), an_id(5), "text")
    value = {"a": [token, {"b": token}], "c": 1, "d": "s1.plain words", "e": strange}
    assert await opened(value, FixedKeys()) == {"a": ["hi", {"b": "hi"}], "c": 1, "d": "s1.plain words", "e": None}
