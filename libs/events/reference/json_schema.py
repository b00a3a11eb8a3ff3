"""A JSON Schema (2020-12) for the data of an event type, and one for the headers, as they stand on the wire."""

from typing import Any

import msgspec

from libs.events.envelope import Envelope
from libs.events.event import EventSpec, all_specs
from libs.events.headers import FIXED
from libs.events.reference.docstrings import class_doc, field_docs
from libs.events.shapes import is_struct, parts_of

Schema = dict[str, Any]
"""A JSON Schema as JSON has it."""

_VOCABULARY = "libs.events."


def vocabulary() -> list[EventSpec]:
    """The types that services share, by topic: those of this library, not what a test declares beside them."""
    return [spec for spec in all_specs() if spec.cls.__module__.startswith(_VOCABULARY)]


def schema_name(spec: EventSpec, version: int | None = None) -> str:
    """What a (type, version) is called in the reference, such as PostCreated.v1."""
    return f"{spec.type}.v{version or spec.version}"


def data_schema(spec: EventSpec) -> Schema:
    """The schema of the type's newest data. `x-event` tells where the type is filed and whose key seals it."""
    definitions = _described(spec.cls)
    root = definitions.pop(spec.type)
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:qiao:events:{schema_name(spec)}",
        **root,
        "x-event": {"version": spec.version, "topic": spec.topic, "key": spec.key, "owner": spec.owner},
    }
    return schema | ({"$defs": definitions} if definitions else {})


def headers_schema() -> Schema:
    """The schema of the headers. Kafka has bytes there: each is text in UTF-8, so every type here is a string."""
    schema = _described(Envelope)["Envelope"]
    optional = {name: _without_null(prop) for name, prop in schema["properties"].items()}
    fixed = {name: {"type": "string", "const": value.decode(), "description": "Always this."} for name, value in FIXED}
    version = optional["ce_dataversion"]
    optional["ce_dataversion"] = {
        "type": "string",
        "pattern": "^[1-9][0-9]*$",
        "description": version["description"],
    }
    return schema | {"properties": fixed | optional, "required": [*fixed, *schema["required"]]}


def _without_null(prop: Schema) -> Schema:
    """An attribute that is None has no header, rather than one that says null."""
    alternatives = [kind for kind in prop.get("anyOf", []) if kind != {"type": "null"}]
    rest = {key: value for key, value in prop.items() if key not in ("anyOf", "default")}
    return {**(alternatives[0] if alternatives else {}), **rest}


def _described(cls: type[msgspec.Struct]) -> dict[str, Schema]:
    """The schemas of a struct and of those inside it, by name, with the docstrings as descriptions."""
    _, components = msgspec.json.schema_components((cls,), ref_template="#/$defs/{name}")
    # As it will be read back: the defaults are Python's tuples still.
    schemas: dict[str, Schema] = msgspec.json.decode(msgspec.json.encode(components))
    structs = {part.__name__: part for part in parts_of(cls) if is_struct(part)}
    return {name: _describe(schema, structs[name]) for name, schema in schemas.items()}


def _describe(schema: Schema, cls: type[msgspec.Struct]) -> Schema:
    docs = field_docs(cls)
    properties = {
        field.encode_name: {**schema["properties"][field.encode_name], "description": docs[field.name]}
        for field in msgspec.structs.fields(cls)
    }
    return {**schema, "description": class_doc(cls), "properties": properties}
