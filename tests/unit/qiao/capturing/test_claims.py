"""What a slice is complete for: never more than what its source had and what was asked for."""

from uuid import UUID

import msgspec

from libs.log.slices import Claim, Manifest, Selection
from qiao.capturing.claims import claims, narrowed

POST, OTHER = UUID(int=1), UUID(int=2)


def _manifest(selection: Selection, complete_for: tuple[Claim, ...] | None = None) -> Manifest:
    had = claims(selection, None) if complete_for is None else complete_for
    return Manifest(
        version=1,
        id=UUID(int=9),
        taken_at=900,
        source="kafka",
        selection=selection,
        complete_for=had,
        topics={},
        partitions=(),
    )


def test_everything_is_complete_for_everyone_and_every_post() -> None:
    manifest = _manifest(Selection(until=700))
    assert manifest.is_complete_for("everything")
    assert manifest.is_complete_for("post", str(POST))


def test_what_began_late_is_complete_for_nothing_that_live_could_be_compared_for() -> None:
    manifest = _manifest(Selection(since=100))
    assert manifest.complete_for == (Claim(kind="everything"),)
    assert not manifest.is_complete_for("everything")
    assert not manifest.is_complete_for("post", str(POST))


def test_a_post_needs_its_causes_and_effects_to_be_complete() -> None:
    assert not _manifest(Selection(posts=(POST,))).is_complete_for("post", str(POST))
    closed = _manifest(Selection(posts=(POST,), closure=True))
    assert closed.is_complete_for("post", str(POST))
    assert not closed.is_complete_for("post", str(OTHER))
    assert not closed.is_complete_for("everything")


def test_causes_and_effects_of_what_began_late_are_not_all_that_there_is() -> None:
    late = _manifest(Selection(posts=(POST,), since=100, closure=True))
    assert not late.is_complete_for("post", str(POST)), "a like from before is neither cause nor effect of a later one"
    assert not _manifest(Selection(topics=("posts",), since=100, closure=True)).is_complete_for("topic", "posts")
    assert _manifest(Selection(topics=("posts",), closure=True)).is_complete_for("topic", "posts")


def test_kinds_that_narrow_each_other_are_complete_for_nothing() -> None:
    assert claims(Selection(posts=(POST,), topics=("posts",)), None) == ()


def test_a_slice_of_a_slice_claims_no_more_than_its_source() -> None:
    one = Selection(posts=(POST,), closure=True)
    assert claims(Selection(), _manifest(one)) == ()
    assert claims(msgspec.structs.replace(one, posts=(POST, OTHER)), _manifest(one)) == claims(one, None)
    assert claims(one, _manifest(Selection())) == claims(one, None)
    assert claims(one, _manifest(Selection(since=100))) == (), "causes from before are missing"


def test_times_are_narrowed_to_those_of_the_source_and_to_the_present() -> None:
    asked = narrowed(Selection(since=100, until=900), _manifest(Selection(since=200, until=500)), 1_000)
    assert (asked.since, asked.until) == (200, 500)
    assert narrowed(Selection(until=2_000), None, 1_000).until is None
