"""The AsyncAPI 3.0 document: channels are topics, messages are (type, version), headers are the envelope."""

import sys
from itertools import groupby
from typing import Any

from libs.events.event import EventSpec
from libs.events.reference.docstrings import class_doc
from libs.events.reference.json_schema import headers_schema, schema_name

Document = dict[str, Any]

_JSON_SCHEMA = "application/schema+json;version=draft-2020-12"
_KAFKA_BINDING = "0.5.0"
_DESCRIPTION = (
    "What happens on Qiao. CloudEvents 1.0 in Kafka's binary content mode: the envelope in the headers, JSON in the "
    "value. Fields with x-personal hold sealed tokens. Every topic keeps everything; any event may stand in it twice."
)


def asyncapi(specs: list[EventSpec]) -> Document:
    """The document of these types and of all their versions, those that are only read included."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Qiao events", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic, list(group)) for topic, group in groupby(specs, lambda spec: spec.topic)},
        "components": {
            "messages": {schema_name(spec, version): _message(spec, version) for spec, version in _versions(specs)},
            "schemas": {"Envelope": headers_schema()},
        },
    }


def topic_doc(spec: EventSpec) -> str:
    """What the topic of a type is for: its module's docstring."""
    return (sys.modules[spec.cls.__module__].__doc__ or "").strip()


def _versions(specs: list[EventSpec]) -> list[tuple[EventSpec, int]]:
    return [(spec, version) for spec in specs for version in range(1, spec.version + 1)]


def _channel(topic: str, specs: list[EventSpec]) -> Document:
    names = [schema_name(spec, version) for spec, version in _versions(specs)]
    return {
        "address": topic,
        "description": topic_doc(specs[0]),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topic": topic, "bindingVersion": _KAFKA_BINDING}},
    }


def _message(spec: EventSpec, version: int) -> Document:
    name = schema_name(spec, version)
    key = {"type": "string", "description": f"The text of the event's {spec.key}."}
    return {
        "name": spec.type,
        "title": name,
        "summary": class_doc(spec.cls),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Envelope"},
        "payload": {"schemaFormat": _JSON_SCHEMA, "schema": {"$ref": f"./{name}.json"}},
        "bindings": {"kafka": {"key": key, "bindingVersion": _KAFKA_BINDING}},
    }
