"""Declarations: what `@event` registers, and what it refuses at import."""

from uuid import UUID

import msgspec
import pytest

from libs.events import Event, Personal, PostCreated, PostLiked, event, new_id, spec_named, spec_of, subject_of
from libs.events.reference.json_schema import vocabulary


def test_a_type_and_its_events_tell_where_they_are_filed() -> None:
    spec = spec_of(PostCreated)
    assert (spec.type, spec.version, spec.topic, spec.key) == ("PostCreated", 1, "posts", "post")
    assert (spec.owner, spec.personal) == ("author", ("text",))
    assert spec_of(PostCreated(post=new_id(), author=new_id(), text="hi", lang="en")) is spec
    assert spec_named("PostCreated") is spec
    assert spec_named("Nothing") is None


def test_the_subject_is_the_text_of_the_key() -> None:
    account = new_id()
    assert subject_of(PostLiked(account=account, post=new_id())) == str(account)


def test_an_optional_personal_field_is_personal() -> None:
    @event(topic="test", key="account", owner="account")
    class Described(Event, frozen=True, kw_only=True):
        account: UUID
        alt: Personal | None = None
        place: str | None = None

    assert spec_of(Described).personal == ("alt",)


def test_every_type_of_the_vocabulary_is_frozen_and_filed_under_its_topics_key() -> None:
    specs = vocabulary()
    assert all(spec.cls.__struct_config__.frozen for spec in specs)
    assert {spec.key for spec in specs if spec.topic == "posts"} == {"post"}
    assert {spec.key for spec in specs if spec.topic in ("accounts", "relationships", "reactions")} == {"account"}


def test_a_class_without_a_declaration_is_no_event_type() -> None:
    class Undeclared(Event, frozen=True):
        pass

    with pytest.raises(TypeError, match="Undeclared is no event type: declare it"):
        spec_of(Undeclared)


class Key(Event, frozen=True, kw_only=True):
    number: int
    account: UUID
    text: Personal


class Inner(msgspec.Struct):
    note: Personal


class Nested(Event, frozen=True, kw_only=True):
    account: UUID
    inner: Inner | None = None


class Listed(Event, frozen=True, kw_only=True):
    account: UUID
    lines: tuple[Personal, ...] = ()


@pytest.mark.parametrize(
    ("cls", "key", "owner", "version", "complaint"),
    [
        (Key, "nowhere", "account", 1, "its key 'nowhere' must be a field"),
        (Key, "number", "account", 1, "its key 'number' must be a field of type UUID or str"),
        (Key, "account", None, 1, "with personal fields, owner= must name a field"),
        (Key, "account", "number", 1, "owner= must name a field of type UUID"),
        (Key, "account", "account", 0, "versions begin at 1"),
        (Nested, "account", "account", 1, "'inner' holds Personal inside"),
        (Listed, "account", "account", 1, "'lines' holds Personal inside"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(
    cls: type[Event], key: str, owner: str | None, version: int, complaint: str
) -> None:
    with pytest.raises(TypeError, match=complaint):
        event(topic="test", key=key, owner=owner, version=version)(cls)


def test_a_name_belongs_to_one_type() -> None:
    class PostCreated(Event, frozen=True, kw_only=True):
        post: UUID

    with pytest.raises(TypeError, match=r"PostCreated is declared in libs\.events\.posts already"):
        event(topic="test", key="post")(PostCreated)
