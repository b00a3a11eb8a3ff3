"""What `qiao at` reads of a log: see decision 0002."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from libs.log import Partition
from libs.log.partitioner import partition_for
from qiao.asof.answers import Questions
from qiao.asof.past import open_past
from qiao.settings import Settings
from qiao.sources import Source, open_source
from tests.unit.qiao.story import BEGIN_MS, FIRST, LIN, PARTITIONS, TOPICS, small_story

SETTINGS = Settings()
OF_THE_POST = Partition("posts", partition_for(str(FIRST).encode(), PARTITIONS))


def _watched(source: Source, monkeypatch: pytest.MonkeyPatch) -> Counter[Partition]:
    """How often a partition is read from its beginning."""
    read, reader = Counter[Partition](), source.log.reader

    async def watched(start: Mapping[Partition, int]) -> object:
        read.update(start.keys())
        return await reader(start)

    monkeypatch.setattr(source.log, "reader", watched)
    return read


@pytest.mark.parametrize("what", ["home", "profile", "card"])
async def test_an_answer_reads_the_topics_that_it_rests_on_at_most_twice_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    story = small_story()
    for topic in ("media", "moderation"):
        story.add(topic, str(LIN).encode(), b"{}", story.records[0].headers, 5)
    log = await story.write(tmp_path / "log.db", (*TOPICS, "media", "moderation"))
    async with open_source(str(log), SETTINGS) as source:
        read = _watched(source, monkeypatch)
        ms = BEGIN_MS + 60_000
        asking = Questions(lambda: open_past(SETTINGS, source, ms, lambda _: None), source.keys, ms, 5)
        if what == "card":
            await asking.card(FIRST, None)
        else:
            await (asking.home("lin") if what == "home" else asking.profile("mei", "lin"))
    assert {place.topic for place in read} <= set(TOPICS)
    assert max(read.values()) == 2
    if what == "card":
        assert [place for place, times in read.items() if times == 2] == [OF_THE_POST], "its author is in one partition"
