"""The envelope of a new event: what it takes from the event, and how it joins a story."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from libs.events import Meta, PostCreated, PostLiked, envelope_for, new_id, time_of

NOW = datetime(2025, 1, 14, 3, 0, tzinfo=UTC)


def liked() -> PostLiked:
    return PostLiked(account=new_id(), post=new_id())


def test_the_type_fills_in_what_it_knows() -> None:
    event = PostCreated(post=new_id(), author=new_id(), text="hi", lang="en")
    envelope = envelope_for(
        event, source="/posts", actor=event.author, now=NOW, traceparent="00-1-2-01", tracestate="a=b"
    )
    assert (envelope.type, envelope.version, envelope.subject) == ("PostCreated", 1, str(event.post))
    assert (envelope.source, envelope.actor, envelope.time) == ("/posts", event.author, NOW)
    assert (envelope.traceparent, envelope.tracestate) == ("00-1-2-01", "a=b")


def test_what_a_person_begins_begins_a_story() -> None:
    one, other = (envelope_for(liked(), source="/posts", actor=None, now=NOW) for _ in range(2))
    assert one.id.version == 7
    assert one.id != other.id
    assert one.correlation == one.id
    assert one.causation is None


def test_what_has_a_cause_joins_its_story() -> None:
    first = envelope_for(liked(), source="/posts", actor=None, now=NOW)
    second = envelope_for(liked(), source="/feeds", actor=None, now=NOW, cause=first)
    meta = Meta(envelope=second, topic="reactions", partition=0, offset=7, log_time=0)
    third = envelope_for(liked(), source="/feeds", actor=None, now=NOW, cause=meta)
    assert second.correlation == third.correlation == first.id
    assert (second.causation, third.causation) == (first.id, second.id)


def test_what_has_a_cause_gets_the_same_id_every_time() -> None:
    cause = envelope_for(liked(), source="/posts", actor=None, now=NOW)
    event = liked()
    ids = {envelope_for(event, source="/feeds", actor=None, now=NOW, cause=cause).id for _ in range(2)}
    assert len(ids) == 1
    assert time_of(ids.pop()) == time_of(cause.id)


def test_source_type_and_subject_tell_the_consequences_of_one_cause_apart() -> None:
    cause = envelope_for(liked(), source="/posts", actor=None, now=NOW)
    event = liked()
    events = [event, liked(), PostCreated(post=event.account, author=new_id(), text="hi", lang="en")]
    made = [envelope_for(each, source="/feeds", actor=None, now=NOW, cause=cause).id for each in events]
    made.append(envelope_for(event, source="/posts", actor=None, now=NOW, cause=cause).id)
    assert len(set(made)) == 4


def test_an_id_that_is_given_is_kept() -> None:
    given = new_id()
    envelope = envelope_for(liked(), source="/posts", actor=None, now=NOW, id=given)
    assert envelope.id == envelope.correlation == given


def test_the_time_is_kept_in_utc() -> None:
    beijing = NOW.astimezone(timezone(timedelta(hours=8)))
    envelope = envelope_for(liked(), source="/posts", actor=None, now=beijing)
    assert envelope.time == NOW
    assert envelope.time.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        envelope_for(liked(), source="/posts", actor=None, now=NOW.replace(tzinfo=None))
