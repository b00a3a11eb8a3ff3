"""The gate: each kind of change that would break a stored event is caught, and no other change is."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from libs.events import Event, PostCreated, event, schemas, spec_of
from libs.events.reference import compatibility
from libs.events.reference.compatibility import breaks, compare
from libs.events.reference.json_schema import Schema, data_schema

POST = data_schema(spec_of(PostCreated))
POST["properties"]["stars"] = {"type": "integer", "minimum": 0, "maximum": 5, "default": 0}
POST["properties"]["note"] = {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^a"}
POST["properties"]["pair"] = {"type": "array", "prefixItems": [{"type": "string"}], "items": False, "minItems": 1}

Change = Callable[[Schema], object]


def prop(name: str, **keywords: object) -> Change:
    """Change keywords of a field's schema; `...` takes one away."""

    def change(schema: Schema) -> None:
        properties = schema["properties"]
        properties[name] = {
            key: value for key, value in (properties.get(name, {}) | keywords).items() if value is not ...
        }

    return change


def required(name: str) -> Change:
    return lambda schema: schema["required"].append(name)


def filed(**changes: object) -> Change:
    return lambda schema: schema["x-event"].update(changes)


def reply_to(**changes: object) -> Change:
    return lambda schema: schema["$defs"]["ReplyTo"].update(changes)


TEXT = {"type": "string"}
NULL = {"type": "null"}
REPLY = {"$ref": "#/$defs/ReplyTo"}

BREAKS: dict[str, tuple[Change, str]] = {
    "a field removed": (lambda schema: schema["properties"].pop("lang"), "field lang of the data is gone"),
    "a new field that is required": (
        lambda schema: schema["required"].append("mood"),
        "field mood of the data is required",
    ),
    "an optional field made required": (
        lambda schema: schema["required"].append("topics"),
        "field topics of the data is required",
    ),
    "another type": (prop("lang", type="integer"), "field lang was string and is integer"),
    "a narrower number": (prop("stars", type="string"), "field stars was integer and is string"),
    "a format demanded": (prop("lang", format="uuid"), "field lang must now have the format uuid"),
    "another format": (prop("post", format="date"), "field post must now have the format date"),
    "a list of something else": (prop("topics", items={"type": "integer"}), "an entry of field topics was string"),
    "an enum value removed": (prop("audience", enum=["public"]), "field audience may no longer be followers"),
    "an enum where anything went": (prop("lang", enum=["en", "zh"]), "field lang may no longer be anything else"),
    "a lower bound raised": (prop("stars", minimum=1), "field stars has a tighter minimum: 0 became 1"),
    "an upper bound lowered": (prop("stars", maximum=4), "field stars has a tighter maximum: 5 became 4"),
    "a bound where none was": (prop("lang", maxLength=5), "field lang has a tighter maxLength: None became 5"),
    "a pattern changed": (prop("note", pattern="^b"), "field note changed pattern"),
    "a pattern where none was": (prop("lang", pattern="^b"), "field lang changed pattern"),
    "null forbidden": (prop("reply_to", anyOf=[REPLY]), "field reply_to may no longer be null"),
    "an alternative forbidden": (prop("reply_to", anyOf=[NULL]), "field reply_to may no longer be ReplyTo"),
    "no alternatives any more": (prop("reply_to", anyOf=..., type="null"), "field reply_to may no longer be ReplyTo"),
    "a nested field removed": (reply_to(properties={}), "field root of field reply_to is gone"),
    "a nested field required": (
        reply_to(required=["post", "author", "root", "mood"]),
        "field mood of field reply_to is required now",
    ),
    "a default changed": (prop("audience", default="followers"), "field audience changed its default"),
    "a default taken away": (prop("audience", default=...), "field audience changed its default"),
    "personal made open": (prop("text", **{"x-personal": ...}), "field text changed whether it is personal"),
    "open made personal": (prop("lang", **{"x-personal": True}), "field lang changed whether it is personal"),
    "another topic": (filed(topic="threads"), "its topic changed from posts to threads"),
    "another key": (filed(key="author"), "its key changed from post to author"),
    "another owner": (filed(owner="post"), "its owner changed from author to post"),
    "a keyword that the gate does not know": (prop("pair", prefixItems=[NULL]), "field pair changed prefixItems"),
    "further entries forbidden": (prop("topics", items=False), "field topics narrowed its items"),
    "unknown fields forbidden": (
        lambda schema: schema.update(additionalProperties=False),
        "narrowed its additionalProperties",
    ),
}


@pytest.mark.parametrize(("change", "said"), BREAKS.values(), ids=BREAKS)
def test_a_change_that_breaks_stored_events_is_caught(change: Change, said: str) -> None:
    assert any(said in found for found in compare(POST, changed(change))), compare(POST, changed(change))


ALLOWED: dict[str, Change] = {
    "nothing": lambda schema: None,
    "a new field with a default": prop("mood", type="string", default="calm"),
    "a new field that may be null": prop("mood", anyOf=[TEXT, NULL], default=None),
    "a required field made optional": lambda schema: schema["required"].remove("lang"),
    "a wider number": prop("stars", type="number"),
    "an enum value added": prop("audience", enum=["public", "followers", "friends"]),
    "an enum opened": prop("audience", enum=..., type="string"),
    "null allowed": prop("lang", type=..., anyOf=[TEXT, NULL]),
    "a bound loosened": prop("stars", minimum=-5, maximum=10),
    "a bound dropped": prop("note", minLength=..., maxLength=...),
    "a format dropped": prop("post", format=...),
    "other words": prop("lang", description="Otherwise."),
    "another form of token": prop("text", pattern=r"^[sp][12]\."),
    "alternatives in another order": prop("reply_to", anyOf=[NULL, REPLY]),
    "a nested field with a default": lambda schema: schema["$defs"]["ReplyTo"]["properties"].update(mood=TEXT),
}


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED)
def test_a_change_that_breaks_nothing_passes(change: Change) -> None:
    assert compare(POST, changed(change)) == []


def test_a_first_personal_field_may_bring_an_owner() -> None:
    before, after = changed(filed(owner=None)), changed(prop("bio", **{"x-personal": True, "default": None}))
    assert compare(before, after) == []


def changed(change: Change) -> Schema:
    schema = copy.deepcopy(POST)
    change(schema)
    return schema


def test_the_types_of_today_break_nothing_that_is_committed() -> None:
    assert breaks(schemas.DIRECTORY) == []


def commit(directory: Path, name: str, schema: Any) -> None:
    (directory / name).write_text(json.dumps(schema), encoding="utf-8")


def test_a_type_that_is_gone_is_caught(tmp_path: Path) -> None:
    commit(tmp_path, "DinnerServed.v1.json", {})
    assert breaks(tmp_path) == ["DinnerServed is gone: events stored as DinnerServed.v1 would be skipped"]


def test_a_version_that_fell_is_caught(tmp_path: Path) -> None:
    commit(tmp_path, "PostLiked.v2.json", {})
    assert breaks(tmp_path) == ["PostLiked.v2 is committed, but the type is at version 1: versions only rise"]


def test_an_older_version_without_an_upcaster_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @event(topic="test", key="account", version=3)
    class Renamed(Event, frozen=True, kw_only=True):
        account: UUID

    monkeypatch.setattr(compatibility, "vocabulary", lambda: [spec_of(Renamed)])
    commit(tmp_path, "Renamed.v1.json", {})
    assert breaks(tmp_path) == [f"Renamed has no upcaster from version {since}" for since in (1, 2)]
