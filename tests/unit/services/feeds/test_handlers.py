"""What feeds makes of each event, row by row."""

import pytest

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
    PostCreated,
    PostDeleted,
    PostEdited,
    PostLiked,
    PostSaved,
    PostUnliked,
    PostUnsaved,
    ReplyTo,
)
from libs.people import AudienceNotKept
from services.feeds.calendar import day_of
from services.feeds.handlers import projection
from services.feeds.tables import (
    AUTHOR,
    BLOCKED_BY,
    CARDS,
    FOLLOWERS,
    REACTIONS_BY,
    REACTIONS_ON,
    RELATIONS,
    REPLIES,
    SAVES,
    THREADS,
    TOPIC,
    TOPIC_DAYS,
    BlockedBy,
    Created,
    Follower,
    ReactionBy,
    ReactionOn,
    Relation,
    Reply,
    Revision,
    Save,
    ThreadPost,
    TimelinePost,
    TopicDay,
    TopicPost,
)
from tests.unit.services.folding import NOW_MS, PARTITION, Folded, an_id

AMY, BOB = an_id(1), an_id(2)
POST, PARENT, ROOT = an_id(3), an_id(4), an_id(5)
REPLY_TO = ReplyTo(post=PARENT, author=BOB, root=ROOT)
CREATED = PostCreated(post=POST, author=AMY, text="sealed", lang="en", topics=("food",))
REPLY = PostCreated(post=POST, author=AMY, text="sealed", lang="en", reply_to=REPLY_TO)
DELETED = PostDeleted(post=POST, author=AMY)
REPLY_DELETED = PostDeleted(post=POST, author=AMY, reply_to=REPLY_TO)


def edit(revision: int, author: object = AMY, topics: tuple[str, ...] = ()) -> PostEdited:
    return PostEdited(post=POST, author=author, revision=revision, text=f"{revision}", lang="zh", topics=topics)  # type: ignore[arg-type]


@pytest.fixture
def feeds() -> Folded:
    return Folded(projection())


def test_a_post_becomes_a_card_in_its_authors_timeline_under_its_topics(feeds: Folded) -> None:
    feeds.fold(CREATED)
    [card] = feeds.all(CARDS)
    assert card.facet == "created"
    assert card.body == Created(
        author=AMY, text="sealed", lang="en", topics=("food",), media=(), reply_to=None, at=NOW_MS
    )
    assert feeds.all(AUTHOR) == [TimelinePost(AMY, POST, AMY)]
    assert feeds.all(TOPIC) == [TopicPost("food", day_of(POST), POST, AMY)]
    assert feeds.all(TOPIC_DAYS) == [TopicDay("food", day_of(POST), PARTITION)]
    assert feeds.all(THREADS) == []
    assert feeds.second_phases == 1


def test_a_post_for_followers_alone_is_parked_because_no_read_keeps_to_it_yet(feeds: Folded) -> None:
    event = PostCreated(post=POST, author=AMY, text="sealed", lang="en", audience="followers")
    with pytest.raises(AudienceNotKept):
        feeds.fold(event)
    assert not feeds.rows


def test_a_reply_stands_in_its_thread_and_counts_for_its_parent(feeds: Folded) -> None:
    feeds.fold(REPLY)
    assert feeds.all(THREADS) == [ThreadPost(ROOT, POST)]
    assert feeds.all(REPLIES) == [Reply(PARENT, PARTITION, POST, on=True)]
    assert feeds.all(AUTHOR) == [TimelinePost(AMY, POST, BOB)]
    assert feeds.counts == {("replies", PARENT): 1}


def test_a_copy_of_a_post_changes_nothing(feeds: Folded) -> None:
    rows = dict(feeds.fold(REPLY).rows)
    feeds.fold(REPLY)
    assert {need: put.row for need, put in feeds.rows.items()} == {need: put.row for need, put in rows.items()}
    assert feeds.counts == {("replies", PARENT): 1}


def test_a_deleted_reply_counts_no_more_and_no_copy_brings_it_back(feeds: Folded) -> None:
    feeds.fold(REPLY, REPLY_DELETED, REPLY, REPLY_DELETED)
    assert feeds.all(REPLIES) == [Reply(PARENT, PARTITION, POST, on=False)]
    assert feeds.counts == {("replies", PARENT): 0}
    assert feeds.get(CARDS, POST, "deleted") is not None


def test_a_deletion_that_a_crash_left_half_done_is_written_whole_again(feeds: Folded) -> None:
    feeds.fold(REPLY, REPLY_DELETED)
    feeds.rows = {need: put for need, put in feeds.rows.items() if need.table is CARDS}
    feeds.fold(REPLY_DELETED)
    assert feeds.all(REPLIES) == [Reply(PARENT, PARTITION, POST, on=False)]
    assert feeds.counts == {("replies", PARENT): 0}


def test_every_revision_is_a_row_and_the_newest_sorts_first(feeds: Folded) -> None:
    feeds.fold(CREATED, edit(1), edit(10, topics=("pets",)), edit(2))
    revisions = sorted((card for card in feeds.all(CARDS) if card.facet > "revision"), key=lambda card: card.facet)
    assert [card.body.number for card in revisions if isinstance(card.body, Revision)] == [10, 2, 1]
    assert {row.topic for row in feeds.all(TOPIC)} == {"food", "pets"}


def test_the_facets_of_a_card_sort_as_created_deleted_revisions(feeds: Folded) -> None:
    feeds.fold(CREATED, edit(1), edit(2), DELETED)
    assert sorted(card.facet for card in feeds.all(CARDS))[:2] == ["created", "deleted"]


@pytest.mark.parametrize("event", [edit(1, BOB), PostDeleted(post=POST, author=BOB)])
def test_a_change_by_someone_else_folds_to_nothing_and_is_counted(
    feeds: Folded, event: PostEdited | PostDeleted
) -> None:
    rows = dict(feeds.fold(CREATED).rows)
    feeds.fold(event)
    assert feeds.rows == rows
    assert feeds.refusals == ["change by someone else"]


@pytest.mark.parametrize("event", [edit(1), DELETED])
def test_a_change_of_an_unknown_post_folds_to_nothing(feeds: Folded, event: PostEdited | PostDeleted) -> None:
    feeds.fold(event)
    assert feeds.rows == {}
    assert len(feeds.refusals) == 1


@pytest.mark.parametrize(
    ("on", "off", "kind", "tally"),
    [
        (PostLiked(account=AMY, post=POST), PostUnliked(account=AMY, post=POST), "like", "likes"),
        (PostSaved(account=AMY, post=POST), PostUnsaved(account=AMY, post=POST), "save", "saves"),
    ],
)
def test_a_toggle_counts_once_however_often_it_is_repeated(
    feeds: Folded, on: PostLiked | PostSaved, off: PostUnliked | PostUnsaved, kind: str, tally: str
) -> None:
    feeds.fold(off, on, on)
    assert feeds.counts == {(tally, POST): 1}
    assert feeds.all(REACTIONS_BY) == [ReactionBy(AMY, kind, POST, True, an_id(10_001))]
    assert feeds.all(REACTIONS_ON) == [ReactionOn(POST, kind, PARTITION, AMY, True)]
    feeds.fold(off, off)
    assert feeds.counts == {(tally, POST): 0}
    assert feeds.all(REACTIONS_BY) == [ReactionBy(AMY, kind, POST, False, an_id(10_003))]


def test_a_copy_of_a_like_is_nothing_until_its_opposite_stands_between_then_it_decides_anew(feeds: Folded) -> None:
    liked, unliked = PostLiked(account=AMY, post=POST), PostUnliked(account=AMY, post=POST)
    feeds.fold_as(an_id(77), liked).fold_as(an_id(77), liked)
    assert feeds.counts == {("likes", POST): 1}
    feeds.fold_as(an_id(78), unliked).fold_as(an_id(77), liked)
    assert feeds.counts == {("likes", POST): 1}
    assert feeds.all(REACTIONS_BY) == [ReactionBy(AMY, "like", POST, True, an_id(77))]


def test_a_save_that_a_crash_left_half_done_is_written_whole_again(feeds: Folded) -> None:
    id_, saved = an_id(77), PostSaved(account=AMY, post=POST)
    feeds.fold_as(id_, saved)
    feeds.rows = {need: put for need, put in feeds.rows.items() if need.table is REACTIONS_BY}
    feeds.fold_as(id_, saved)
    assert feeds.all(REACTIONS_ON) == [ReactionOn(POST, "save", PARTITION, AMY, True)]
    assert feeds.all(SAVES) == [Save(AMY, id_, POST)]
    assert feeds.counts == {("saves", POST): 1}


def test_a_save_that_is_repeated_keeps_its_place_in_the_order_of_saving(feeds: Folded) -> None:
    saved = PostSaved(account=AMY, post=POST)
    feeds.fold(saved, saved)
    standing = feeds.get(REACTIONS_BY, AMY, "save", POST)
    assert standing is not None
    assert standing.event == an_id(10_000)


def test_a_post_taken_off_and_saved_again_stands_first_and_its_older_row_counts_no_more(feeds: Folded) -> None:
    saved = PostSaved(account=AMY, post=POST)
    feeds.fold(saved, PostUnsaved(account=AMY, post=POST), saved)
    assert feeds.all(SAVES) == [Save(AMY, an_id(10_000), POST), Save(AMY, an_id(10_002), POST)]
    standing = feeds.get(REACTIONS_BY, AMY, "save", POST)
    assert standing is not None
    assert standing.event == an_id(10_002)


FOLLOW, UNFOLLOW = AccountFollowed(account=AMY, target=BOB), AccountUnfollowed(account=AMY, target=BOB)
COUNTS = {("followers", BOB): 1, ("following", AMY): 1}


def test_a_follow_is_seen_from_both_sides_and_asks_for_a_back_fill(feeds: Folded) -> None:
    feeds.fold(FOLLOW)
    assert feeds.all(RELATIONS) == [Relation(AMY, "following", BOB, True, an_id(10_000))]
    assert feeds.all(FOLLOWERS) == [Follower(BOB, PARTITION, AMY, True)]
    assert feeds.counts == COUNTS
    assert feeds.second_phases == 1


def test_a_follow_that_stands_already_is_left_alone(feeds: Folded) -> None:
    rows = dict(feeds.fold(FOLLOW).rows)
    feeds.fold(FOLLOW)
    assert feeds.rows == rows
    assert feeds.counts == COUNTS
    assert feeds.second_phases == 1


def test_a_follow_that_a_crash_left_half_done_is_written_whole_again(feeds: Folded) -> None:
    id_ = an_id(77)
    feeds.fold_as(id_, FOLLOW)
    feeds.rows = {need: put for need, put in feeds.rows.items() if need.table is RELATIONS}
    feeds.fold_as(id_, FOLLOW)
    assert feeds.all(FOLLOWERS) == [Follower(BOB, PARTITION, AMY, True)]
    assert feeds.counts == COUNTS
    assert feeds.second_phases == 2


def test_an_unfollow_that_a_crash_left_half_done_is_written_whole_again(feeds: Folded) -> None:
    id_ = an_id(77)
    feeds.fold(FOLLOW).fold_as(id_, UNFOLLOW)
    feeds.rows = {need: put for need, put in feeds.rows.items() if need.table is RELATIONS}
    feeds.fold_as(id_, UNFOLLOW)
    assert feeds.all(FOLLOWERS) == [Follower(BOB, PARTITION, AMY, False)]
    assert set(feeds.counts.values()) == {0}


def test_who_follows_again_has_a_new_follow_and_a_new_back_fill(feeds: Folded) -> None:
    feeds.fold(FOLLOW, UNFOLLOW, UNFOLLOW, FOLLOW)
    assert feeds.all(RELATIONS) == [Relation(AMY, "following", BOB, True, an_id(10_003))]
    assert feeds.all(FOLLOWERS) == [Follower(BOB, PARTITION, AMY, True)]
    assert feeds.counts == COUNTS


def test_an_unfollow_of_nobody_one_follows_is_nothing(feeds: Folded) -> None:
    feeds.fold(UNFOLLOW)
    assert feeds.rows == {}


def test_a_block_is_seen_from_both_sides(feeds: Folded) -> None:
    feeds.fold(AccountBlocked(account=AMY, target=BOB))
    assert feeds.all(RELATIONS) == [Relation(AMY, "blocking", BOB, True, an_id(10_000))]
    assert feeds.all(BLOCKED_BY) == [BlockedBy(BOB, AMY, True)]
    feeds.fold(AccountUnblocked(account=AMY, target=BOB))
    assert feeds.all(BLOCKED_BY) == [BlockedBy(BOB, AMY, False)]


def test_a_mute_is_nobody_elses_business(feeds: Folded) -> None:
    feeds.fold(AccountMuted(account=AMY, target=BOB), AccountUnmuted(account=AMY, target=BOB))
    assert feeds.all(RELATIONS) == [Relation(AMY, "muting", BOB, False, an_id(10_001))]
    assert feeds.all(BLOCKED_BY) == []
