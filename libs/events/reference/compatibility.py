"""The compatibility gate: a stored event is readable for ever, and means what it meant."""

import json
from pathlib import Path

from libs.events.event import EventSpec
from libs.events.reference.json_schema import Schema, data_schema, vocabulary
from libs.events.reference.narrowing import narrowings
from libs.events.versions import missing_steps


def breaks(directory: Path) -> list[str]:
    """What would break events stored under the committed schemas, a sentence each; empty if nothing would."""
    specs = {spec.type: spec for spec in vocabulary()}
    found: list[str] = []
    for path in sorted(directory.glob("*.v*.json")):
        type_, version = path.stem.rsplit(".v", 1)
        committed: Schema = json.loads(path.read_text(encoding="utf-8"))
        found += _judge(type_, int(version), committed, specs.get(type_))
    for spec in specs.values():
        found += [f"{spec.type} has no upcaster from version {since}" for since in missing_steps(spec.cls)]
    return found


def compare(committed: Schema, current: Schema) -> list[str]:
    """What differs between two schemas of one (type, version) so that events stored under the first would break."""
    was, now = committed["x-event"], current["x-event"]
    moved = [
        f"its {what} changed from {was[what]} to {now[what]}" for what in ("topic", "key") if was[what] != now[what]
    ]
    # A first personal field may bring an owner; who owned sealed fields stays who owns them.
    if was["owner"] not in (None, now["owner"]):
        moved.append(f"its owner changed from {was['owner']} to {now['owner']}")
    return moved + narrowings(committed, current)


def _judge(type_: str, version: int, committed: Schema, spec: EventSpec | None) -> list[str]:
    if spec is None:
        return [f"{type_} is gone: events stored as {type_}.v{version} would be skipped"]
    if version > spec.version:
        return [f"{type_}.v{version} is committed, but the type is at version {spec.version}: versions only rise"]
    if version < spec.version:
        return []
    hint = f"make version {version + 1} and an upcaster"
    return [f"{type_}.v{version}: {change}; {hint}" for change in compare(committed, data_schema(spec))]
