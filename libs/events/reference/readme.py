"""The reference for people: one page of every event, by topic."""

from itertools import groupby

from libs.events.event import EventSpec
from libs.events.reference.asyncapi import topic_doc
from libs.events.reference.json_schema import Schema, data_schema, headers_schema, schema_name

_INTRODUCTION = """\
# Events

What happens on Qiao, as it stands in the log. This page is generated from `libs/events`: change a type or its
docstrings there, then run `python -m libs.events.schemas write`. Beside it lie a JSON Schema per type and version, and
[asyncapi.json](asyncapi.json), an AsyncAPI 3.0 document of them all.

- An event is a CloudEvents 1.0 record in Kafka's binary content mode: the envelope in the headers, JSON in the value.
- *Personal* text is written sealed: the value holds a token `s1.<field>.<base64url>`, to be opened with the key of the
  account that owns it. Where that key is destroyed the text is gone, everywhere at once.
- Any event may stand in the log twice: a fact at any distance; a toggle, such as a like, until its opposite. Ids are
  UUIDv7.
- A stored event is readable for ever. A field with a default may be added to a version; any other change makes a new
  version and an upcaster from the old one.
"""


def readme(specs: list[EventSpec]) -> str:
    """The page in Markdown."""
    sections = [_INTRODUCTION, "## Headers\n", _table(headers_schema())]
    for topic, group in groupby(specs, lambda spec: spec.topic):
        types = list(group)
        sections += [f"## {topic}\n", topic_doc(types[0]) + "\n", *map(_section, types)]
    return "\n".join(sections)


def _section(spec: EventSpec) -> str:
    schema = data_schema(spec)
    name = schema_name(spec)
    sealed = f", sealed for `{spec.owner}`" if spec.personal else ""
    nested = [f"`{name}`: {part['description']}\n\n{_table(part)}" for name, part in schema.get("$defs", {}).items()]
    head = f"### {spec.type}\n\n{schema['description']}\n\nKey `{spec.key}`{sealed}; [{name}.json]({name}.json)\n"
    return "\n".join([head, _table(schema), *nested])


def _table(schema: Schema) -> str:
    rows = [
        f"| `{name}` | {_kind(prop)}{'' if name in schema['required'] else ', optional'} | {_cell(prop)} |"
        for name, prop in schema["properties"].items()
    ]
    return "\n".join(["| field | type | meaning |", "|---|---|---|", *rows, ""])


def _cell(prop: Schema) -> str:
    return str(prop["description"]).replace("\n", " ").replace("|", "\\|")


def _kind(prop: Schema) -> str:
    if prop.get("x-personal"):
        return "personal text"
    if "$ref" in prop:
        return f"`{prop['$ref'].rsplit('/', 1)[-1]}`"
    if "anyOf" in prop:
        return " or ".join(map(_kind, prop["anyOf"]))
    if "enum" in prop:
        return " or ".join(f"`{value}`" for value in prop["enum"])
    if "const" in prop:
        return f"`{prop['const']}`"
    if prop["type"] == "array":
        return f"list of {_kind(prop['items'])}"
    return str(prop.get("format", {"string": "text"}.get(prop["type"], prop["type"])))
