"""What a replay ends with is written down as it begins: run again later, it means the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from libs.events import EventSkipped, PostCreated, PostEdited, PostLiked
from libs.log.embedded import open_log
from qiao.replay import until as until_module
from qiao.replay.ending import fixed
from qiao.replay.opening import open_replay
from qiao.replay.scratch import now_ms, read_note
from qiao.replay.until import NotInSource, Until, until_of
from qiao.settings import Settings
from qiao.sources import open_source
from tests.unit.libs.log.slices.making import make
from tests.unit.qiao.story import BEGIN, FIRST, LIN, MEI, Story, id_at, registered, small_story

SETTINGS = Settings()
TOPICS = ("accounts", "posts", "reactions", "relationships")

Now = Callable[[float], None]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    """Makes it so many seconds after the story began, for whoever reads a time."""

    def set_to(seconds: float) -> None:
        class Clock:
            @staticmethod
            def now(zone: object) -> object:
                return BEGIN + type(BEGIN - BEGIN)(seconds=seconds)

        monkeypatch.setattr(until_module, "datetime", Clock)

    return set_to


async def _replayed(log: Path, text: str | None, into: Path) -> int:
    """The records that one run folds."""
    async with (
        open_source(str(log), SETTINGS) as source,
        open_replay(SETTINGS, source, await until_of(text, source), into) as replay,
    ):
        return await replay.run(await replay.left())


async def _grown(log: Path, story: Story) -> None:
    """One post and one like more."""
    before = len(story.records)
    story.tell(PostCreated(post=id_at(50, 1), author=MEI, text="late", lang="en"), 50, MEI)
    story.tell(PostLiked(account=LIN, post=FIRST), 51, LIN)
    writer = await open_log(log)
    await writer.restore(story.records[before:])
    await writer.close()


async def test_a_replay_until_an_hour_ago_ends_with_the_same_event_when_it_is_run_an_hour_later(
    tmp_path: Path, now: Now
) -> None:
    log = await small_story().write(tmp_path / "log.db")
    now(3600 + 15)
    assert await _replayed(log, "-1h", tmp_path / "r") == 3
    now(3600 + 100)
    assert await _replayed(log, "-1h", tmp_path / "r") == 0
    note = read_note(tmp_path / "r")
    assert note.until_ms == note.as_of


async def test_a_replay_of_a_log_that_goes_on_ends_where_the_log_did_as_it_was_begun(tmp_path: Path) -> None:
    story = small_story()
    log = await story.write(tmp_path / "log.db")
    async with open_source(str(log), SETTINGS) as source, open_replay(SETTINGS, source, Until(), tmp_path / "r"):
        pass
    await _grown(log, story)
    assert await _replayed(log, None, tmp_path / "r") == 6


async def test_only_who_says_so_goes_on_to_where_the_log_ends_now(tmp_path: Path) -> None:
    story = small_story()
    log = await story.write(tmp_path / "log.db")
    assert await _replayed(log, None, tmp_path / "r") == 6
    first = read_note(tmp_path / "r")
    await _grown(log, story)
    async with (
        open_source(str(log), SETTINGS) as source,
        open_replay(SETTINGS, source, Until(), tmp_path / "r", onwards=True) as replay,
    ):
        assert read_note(tmp_path / "r").state == "running"
        assert await replay.run(await replay.left()) == 2
    again = read_note(tmp_path / "r")
    assert again.as_of > first.as_of
    assert (again.state, again.events) == ("done", 8)


async def test_the_end_of_a_log_that_goes_on_is_fixed_to_its_last_event(tmp_path: Path) -> None:
    story = small_story()
    async with open_source(str(await story.write(tmp_path / "log.db")), SETTINGS) as source:
        last = max(story.records, key=lambda each: each.timestamp)
        assert await fixed(None, source, TOPICS) == str(last.place)
        assert await fixed("2999-01-01", source, TOPICS) == str(last.place), "what is to come is in no log yet"


async def test_words_and_events_are_fixed_to_what_they_mean_now(tmp_path: Path, now: Now) -> None:
    log = await small_story().write(tmp_path / "log.db")
    async with open_source(str(log), SETTINGS) as source:
        now(3600 + 15)
        text = await fixed("-1h", source, TOPICS)
        now(3600 + 100)
        assert text is not None
        assert (await until_of(text, source)).ms == (BEGIN.timestamp() + 15) * 1000  # type: ignore[attr-defined]
        place = next(each.place for each in small_story().records if each.topic == "posts")
        assert await fixed(str(place), source, TOPICS) == str(place)


async def test_a_slice_ends_where_it_ends(tmp_path: Path) -> None:
    async with open_source(str(make(tmp_path / "a.qiao")), SETTINGS) as source:
        assert await fixed(None, source, TOPICS) is None


async def test_a_hole_of_a_slice_is_no_end(tmp_path: Path) -> None:
    async with open_source(str(make(tmp_path / "a.qiao")), SETTINGS) as source:
        with pytest.raises(NotInSource, match=r"posts\[0\]@5: .* has nothing there"):
            await until_of("posts[0]@5", source)


@pytest.mark.parametrize("by_id", [False, True], ids=["by place", "by id"])
async def test_a_replay_ends_with_an_event_of_a_topic_that_it_does_not_fold(tmp_path: Path, by_id: bool) -> None:
    story = small_story()
    story.tell(registered(MEI, "mei"), 50, MEI)
    like = next(each for each in story.records if each.topic == "reactions")
    text = dict(like.headers)["ce_id"].decode() if by_id else str(like.place)
    async with open_source(str(await story.write(tmp_path / "log.db")), SETTINGS) as source:
        until = await until_of(text, source)
        async with open_replay(SETTINGS, source, until, tmp_path / "r", ["accounts"]) as replay:
            assert like.topic not in replay.replayer.topics
            assert await replay.run(await replay.left()) == 2
            assert await replay.run(await replay.left()) == 0


async def test_an_event_comes_as_late_as_those_before_it_where_the_clock_went_back(tmp_path: Path) -> None:
    story = Story()
    story.tell(registered(MEI, "mei"), 0, MEI)
    story.tell(PostCreated(post=FIRST, author=MEI, text="one", lang="en"), 30, MEI)
    story.tell(PostLiked(account=LIN, post=FIRST), 20, LIN)
    story.tell(PostEdited(post=FIRST, author=MEI, revision=1, text="two", lang="en"), 10, MEI)
    story.tell(PostEdited(post=FIRST, author=MEI, revision=2, text="three", lang="en"), 15, MEI)
    async with open_source(str(await story.write(tmp_path / "log.db")), SETTINGS) as source:
        until = await until_of(str(story.records[3].place), source)
        async with open_replay(SETTINGS, source, until, tmp_path / "r") as replay:
            assert await replay.run(await replay.left()) == 4


async def test_a_replay_until_an_event_shows_the_moment_of_that_event(tmp_path: Path) -> None:
    story = small_story()
    like = next(each for each in story.records if each.topic == "reactions")
    async with open_source(str(await story.write(tmp_path / "log.db")), SETTINGS) as source:
        until = await until_of(str(like.place), source)
        async with open_replay(SETTINGS, source, until, tmp_path / "r") as replay:
            assert replay.scratch.note.as_of == like.timestamp


async def test_what_was_decided_after_the_event_with_which_a_replay_ends_is_not_applied(tmp_path: Path) -> None:
    story = small_story()
    post, last = story.records[2], story.records[-1]
    skipped = EventSkipped(
        subject=post.key.decode(),
        topic=post.topic,
        partition=post.partition,
        offset=post.offset,
        projection="posts",
        reason="a bad day",
    )
    story.tell(skipped, 60, MEI)
    log = await story.write(tmp_path / "log.db", ("accounts", "posts", "reactions", "relationships", "operations"))
    async with open_source(str(log), SETTINGS) as source:
        for place, applied in ((last.place, 0), (story.records[-1].place, 1)):
            until = await until_of(str(place), source)
            async with open_replay(SETTINGS, source, until, tmp_path / str(applied), ["posts"]) as replay:
                await replay.run(await replay.left())
                assert replay.replayer.replayed.skipped == applied


async def test_a_replay_until_a_moment_to_come_shows_what_is_now(tmp_path: Path) -> None:
    log = await small_story().write(tmp_path / "log.db")
    async with open_source(str(log), SETTINGS) as source:
        before = now_ms()
        async with open_replay(SETTINGS, source, await until_of("2999-01-01", source), tmp_path / "r") as replay:
            assert before <= replay.scratch.note.as_of <= now_ms()


async def test_a_replay_of_a_slice_shows_no_moment_behind_its_end(tmp_path: Path) -> None:
    async with (
        open_source(str(make(tmp_path / "a.qiao")), SETTINGS) as source,
        open_replay(SETTINGS, source, await until_of("2999-01-01", source), tmp_path / "r") as replay,
    ):
        assert replay.scratch.note.as_of == 5_000, "the same next year: when it was taken"
