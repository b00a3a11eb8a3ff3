"""What may be said and done: an intent and what the tables say -> an event or a refusal."""

from uuid import UUID

import pytest

from libs.events import PostCreated, PostDeleted, PostEdited, ReplyTo, new_id
from libs.http.problems import Problem, ProblemKind
from services.posts import decisions, problems
from services.posts.queries import KnownPost

ME, OTHER, POST, ROOT = new_id(), new_id(), new_id(), new_id()
MINE = KnownPost(POST, ME, None, revision=0, deleted=False)
THEIRS = KnownPost(POST, OTHER, None, revision=0, deleted=False)


def create(text: str = "hi #food", parent: KnownPost | None = None, *, blocked: bool = False) -> PostCreated | Problem:
    return decisions.create(POST, ME, text, "en", (OTHER,), parent, blocked=blocked)


def test_a_post_says_what_it_was_given_and_which_topics_its_text_names() -> None:
    assert create() == PostCreated(
        post=POST, author=ME, text="hi #food", lang="en", topics=("food",), mentions=(OTHER,)
    )


@pytest.mark.parametrize(
    ("parent", "reply_to"),
    [
        (KnownPost(ROOT, OTHER, None, 0, False), ReplyTo(post=ROOT, author=OTHER, root=ROOT)),
        (
            KnownPost(POST, OTHER, ReplyTo(post=ROOT, author=ME, root=ROOT), 0, False),
            ReplyTo(post=POST, author=OTHER, root=ROOT),
        ),
    ],
    ids=["to the first post of a thread", "to a reply"],
)
def test_a_reply_carries_its_parent_and_the_root_of_its_thread(parent: KnownPost, reply_to: ReplyTo) -> None:
    event = create(parent=parent)
    assert isinstance(event, PostCreated)
    assert event.reply_to == reply_to


@pytest.mark.parametrize("text", [" ", "\n\t", "\u3000", "\u2003\u00a0"])
def test_white_space_alone_is_no_post(text: str) -> None:
    assert _kind(create(text)) == problems.TEXT_EMPTY
    assert _kind(decisions.edit(MINE, ME, text, "en", ())) == problems.TEXT_EMPTY


def test_nobody_answers_whoever_blocks_them() -> None:
    assert _kind(create(parent=THEIRS, blocked=True)) == problems.BLOCKED


def test_an_edit_is_the_next_revision_and_names_its_own_topics() -> None:
    known = MINE._replace(revision=4)
    assert decisions.edit(known, ME, "再 #猫税", "zh", (OTHER,)) == PostEdited(
        post=POST, author=ME, revision=5, text="再 #猫税", lang="zh", topics=("猫税",), mentions=(OTHER,)
    )


@pytest.mark.parametrize(
    ("known", "editor", "kind"),
    [
        (None, ME, problems.POST_UNKNOWN),
        (THEIRS, ME, problems.POST_NOT_YOURS),
        (MINE._replace(revision=decisions.MOST_EDITS), ME, problems.EDITED_TOO_OFTEN),
    ],
    ids=["of an unknown post", "of someone else's", "once too often"],
)
def test_an_edit_is_refused(known: KnownPost | None, editor: UUID, kind: ProblemKind) -> None:
    assert _kind(decisions.edit(known, editor, "x", "en", ())) == kind


def test_a_deletion_tells_whose_reply_it_was() -> None:
    reply = ReplyTo(post=ROOT, author=OTHER, root=ROOT)
    assert decisions.delete(MINE._replace(reply_to=reply), ME) == PostDeleted(post=POST, author=ME, reply_to=reply)


@pytest.mark.parametrize(
    ("known", "kind"), [(None, problems.POST_UNKNOWN), (THEIRS, problems.POST_NOT_YOURS)], ids=["unknown", "theirs"]
)
def test_a_deletion_is_refused(known: KnownPost | None, kind: ProblemKind) -> None:
    assert _kind(decisions.delete(known, ME)) == kind


def _kind(result: object) -> ProblemKind:
    assert isinstance(result, Problem), f"not refused: {result!r}"
    return result.kind
