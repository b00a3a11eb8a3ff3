"""The generated reference: fresh, valid, and true to what the codec writes."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from libs.events import Event, schemas, spec_of, to_record_parts
from libs.events.event import EventSpec
from libs.events.reference.json_schema import data_schema, headers_schema, schema_name, vocabulary
from libs.events.shapes import is_struct, parts_of
from tests.unit.libs.events.strategies import any_envelope, any_event, key_of

ASYNCAPI_SCHEMA = Path(__file__).parents[4] / "data" / "asyncapi" / "3.0.0.json"
SPECS = vocabulary()


def committed(name: str) -> Any:
    return json.loads((schemas.DIRECTORY / name).read_text(encoding="utf-8"))


def test_the_committed_reference_is_as_generated() -> None:
    assert schemas.stale() == [], "run: python -m libs.events.schemas write"


def test_nothing_else_lies_in_the_reference() -> None:
    versions = {schema_name(spec, version) + ".json" for spec in SPECS for version in range(1, spec.version + 1)}
    assert {path.name for path in schemas.DIRECTORY.iterdir()} == versions | {"README.md", "asyncapi.json"}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.type)
def test_every_schema_is_json_schema_2020_12(spec: EventSpec) -> None:
    jsonschema.Draft202012Validator.check_schema(committed(f"{schema_name(spec)}.json"))


def test_the_schema_of_the_headers_is_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(headers_schema())


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.type)
def test_every_field_and_type_says_what_it_means(spec: EventSpec) -> None:
    schema = data_schema(spec)
    structs = [schema, *schema.get("$defs", {}).values()]
    assert len(structs) == len({part for part in parts_of(spec.cls) if is_struct(part)})
    for struct in structs:
        assert struct["description"].endswith((".", ":"))
        assert all(prop["description"].endswith(".") for prop in struct["properties"].values())


@given(any_event().flatmap(lambda event: any_envelope(event).map(lambda envelope: (event, envelope))))
@settings(max_examples=60)
def test_whatever_the_codec_writes_is_valid_under_the_schemas(said: tuple[Event, Any]) -> None:
    event, envelope = said
    parts = to_record_parts(event, envelope, key_of(event))
    jsonschema.validate(json.loads(parts.value), data_schema(spec_of(event)), jsonschema.Draft202012Validator)
    headers = {name: value.decode() for name, value in parts.headers}
    jsonschema.validate(headers, headers_schema(), jsonschema.Draft202012Validator)


def test_personal_fields_are_marked_in_the_schema() -> None:
    marked = {
        f"{spec.type}.{name}"
        for spec in SPECS
        for name, prop in data_schema(spec)["properties"].items()
        if prop.get("x-personal")
    }
    assert marked == {f"{spec.type}.{name}" for spec in SPECS for name in spec.personal}
    assert "PostCreated.text" in marked


def test_the_asyncapi_document_is_valid_under_the_official_schema() -> None:
    official = json.loads(ASYNCAPI_SCHEMA.read_text(encoding="utf-8"))
    errors = jsonschema.Draft7Validator(official).iter_errors(committed("asyncapi.json"))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_the_official_schema_is_really_asked() -> None:
    official = jsonschema.Draft7Validator(json.loads(ASYNCAPI_SCHEMA.read_text(encoding="utf-8")))
    document = committed("asyncapi.json")
    for spoilt in (
        document | {"asyncapi": "2.6.0"},
        {name: value for name, value in document.items() if name != "info"},
        document | {"channels": {"posts": {"messages": ["PostCreated"]}}},
    ):
        assert not official.is_valid(spoilt)


def test_channels_are_topics_and_every_reference_leads_somewhere() -> None:
    document = committed("asyncapi.json")
    assert {channel["address"] for channel in document["channels"].values()} == {spec.topic for spec in SPECS}
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)):
        if reference.startswith("#/"):
            target = document
            for step in reference[2:].split("/"):
                target = target[step]
        elif not reference.startswith("#"):
            assert (schemas.DIRECTORY / reference).exists(), reference


def test_the_readable_reference_has_every_type_and_field() -> None:
    page = (schemas.DIRECTORY / "README.md").read_text(encoding="utf-8")
    for spec in SPECS:
        section = page.split(f"### {spec.type}\n")[1].split("\n### ")[0]
        assert all(f"| `{name}` |" in section for name in data_schema(spec)["properties"])


def test_the_command_writes_what_is_missing_and_then_has_nothing_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert schemas.main(["check", str(tmp_path)]) == 1
    assert "PostCreated.v1.json is stale: run python -m libs.events.schemas write" in capsys.readouterr().err
    assert schemas.main(["write", str(tmp_path)]) == 0
    assert "wrote PostCreated.v1.json" in capsys.readouterr().out
    assert schemas.main(["check", str(tmp_path)]) == 0
    assert schemas.write(tmp_path) == []


def test_the_command_does_not_paper_over_a_break(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schemas.write(tmp_path)
    path = tmp_path / "PostLiked.v1.json"
    before = json.loads(path.read_text(encoding="utf-8"))
    before["properties"]["mood"] = {"type": "string"}
    path.write_text(json.dumps(before), encoding="utf-8")
    assert schemas.main(["write", str(tmp_path)]) == 1
    assert "PostLiked.v1: field mood of the data is gone; make version 2 and an upcaster" in capsys.readouterr().err
    assert json.loads(path.read_text(encoding="utf-8")) == before


@pytest.mark.parametrize("arguments", [[], ["rewrite"]])
def test_the_command_explains_itself(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert schemas.main(arguments) == 2
    assert "usage: python -m libs.events.schemas write|check" in capsys.readouterr().err
