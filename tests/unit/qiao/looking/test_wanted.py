"""What is wanted is found, all of it and nothing else, however much is left unread."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.log import Bounds, Partition, Record
from libs.log.embedded import EmbeddedLog
from qiao.looking import Wanted, search
from qiao.looking.wanted import Matcher, narrowed
from qiao.sources import bounds_of
from tests.unit.qiao.story import BEGIN_MS, FIRST, LIN, MEI, PARTITIONS, TOPICS, Story, small_story

RECORDS = small_story().records
IDS = small_story().ids
BOUNDS = {Partition(topic, number): Bounds(0, 1_000) for topic in TOPICS for number in range(PARTITIONS)}


def matched(wanted: Wanted) -> list[int]:
    matcher = Matcher(wanted)
    return [number for number, record in enumerate(RECORDS) if matcher.matches(record)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), [0, 1, 2, 3, 4, 5]),
        (Wanted(topics=frozenset({"posts"})), [2, 3, 5]),
        (Wanted(types=frozenset({"PostCreated", "PostLiked"})), [2, 3, 4]),
        (Wanted(keys=frozenset({str(FIRST)})), [2, 5]),
        (Wanted(actors=frozenset({LIN})), [1, 4]),
        (Wanted(correlations=frozenset({IDS[3]})), [3]),
        (Wanted(since=BEGIN_MS + 20_000), [3, 4, 5]),
        (Wanted(until=BEGIN_MS + 20_000), [0, 1, 2]),
        (Wanted(actors=frozenset({MEI}), types=frozenset({"PostCreated"}), since=BEGIN_MS + 11_000), [3]),
        (Wanted(topics=frozenset({"reactions"}), types=frozenset({"PostCreated"})), []),
    ],
)
def test_several_of_one_kind_add_up_and_different_kinds_narrow(wanted: Wanted, expected: list[int]) -> None:
    assert matched(wanted) == expected


def test_what_cannot_be_read_is_wanted_where_nothing_is_asked_of_its_envelope() -> None:
    record = Record("posts", 0, 0, BEGIN_MS, b"\xff", b"", ())
    assert Matcher(Wanted(topics=frozenset({"posts"}))).matches(record)
    assert not Matcher(Wanted(types=frozenset({"PostCreated"}))).matches(record)


TYPES = ["AccountRegistered", "PostCreated", "PostEdited", "PostLiked", "AccountFollowed"]
WANTED = st.builds(
    Wanted,
    topics=st.frozensets(st.sampled_from(TOPICS), max_size=2),
    types=st.frozensets(st.sampled_from(TYPES), max_size=2),
    keys=st.frozensets(st.sampled_from([str(FIRST), str(MEI), str(LIN), "another"]), max_size=2),
    actors=st.frozensets(st.sampled_from([MEI, LIN, FIRST]), max_size=2),
    correlations=st.frozensets(st.sampled_from(IDS), max_size=2),
    since=st.none() | st.integers(BEGIN_MS - 5_000, BEGIN_MS + 50_000),
    until=st.none() | st.integers(BEGIN_MS - 5_000, BEGIN_MS + 50_000),
)


@given(WANTED)
def test_no_partition_is_left_out_that_holds_something_wanted(wanted: Wanted) -> None:
    where = narrowed(wanted, BOUNDS)
    for number in matched(wanted):
        assert Partition(RECORDS[number].topic, RECORDS[number].partition) in where


def test_a_type_has_its_topic_and_a_key_its_partition() -> None:
    assert {place.topic for place in narrowed(Wanted(types=frozenset({"PostLiked"})), BOUNDS)} == {"reactions"}
    assert len(narrowed(Wanted(keys=frozenset({str(FIRST)}), topics=frozenset({"posts"})), BOUNDS)) == 1


async def found(log: EmbeddedLog, wanted: Wanted) -> list[int]:
    records: list[Record] = []
    async for stretch in search(log, await bounds_of(log), wanted, lambda _: None):
        records += stretch
    return [RECORDS.index(record) for record in records]


WISHES: Sequence[Wanted] = (
    Wanted(),
    Wanted(types=frozenset({"PostCreated"})),
    Wanted(keys=frozenset({str(FIRST)})),
    Wanted(since=BEGIN_MS + 10_000, until=BEGIN_MS + 30_000),
    Wanted(since=BEGIN_MS + 10_001),
    Wanted(until=BEGIN_MS),
    Wanted(since=BEGIN_MS + 99_000),
)


async def test_a_search_finds_the_same_in_the_order_of_time(log: EmbeddedLog, story: Story) -> None:
    for wanted in WISHES:
        assert await found(log, wanted) == matched(wanted), wanted
