"""Writes and checks the event reference: `python -m libs.events.schemas write|check [DIRECTORY]`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from libs.events.reference.asyncapi import asyncapi
from libs.events.reference.compatibility import breaks
from libs.events.reference.json_schema import data_schema, schema_name, vocabulary
from libs.events.reference.readme import readme

DIRECTORY = Path(__file__).resolve().parents[2] / "docs" / "events"


def rendered() -> dict[str, str]:
    """Every generated file's content by name. Schemas of older versions are not made any more: they only stay."""
    specs = vocabulary()
    files = {f"{schema_name(spec)}.json": _json(data_schema(spec)) for spec in specs}
    return files | {"asyncapi.json": _json(asyncapi(specs)), "README.md": readme(specs)}


def stale(directory: Path = DIRECTORY) -> list[str]:
    """The names of the files that are not as generated from the types of today."""
    return [name for name, content in rendered().items() if _read(directory / name) != content]


def write(directory: Path = DIRECTORY) -> list[str]:
    """Write what is stale and return its names."""
    names = stale(directory)
    files = rendered()
    for name in names:
        (directory / name).write_text(files[name], encoding="utf-8")
    return names


def main(arguments: Sequence[str]) -> int:
    """The command. Refuses to write where that would hide a change that breaks stored events."""
    verb, directory = arguments[0] if arguments else "", Path(arguments[1]) if len(arguments) > 1 else DIRECTORY
    if verb not in ("write", "check"):
        print("usage: python -m libs.events.schemas write|check [DIRECTORY]", file=sys.stderr)
        return 2
    problems = breaks(directory)
    if verb == "check":
        problems += [f"{name} is stale: run python -m libs.events.schemas write" for name in stale(directory)]
    elif not problems:
        print(*(f"wrote {name}" for name in write(directory)), sep="\n")
    print(*problems, sep="\n", file=sys.stderr)
    return 1 if problems else 0


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
