"""JSON for people at a terminal and for programs behind a pipe."""

import sys

import msgspec


def json_text(value: object) -> str:
    """One JSON value: on one line for a program, indented for a person."""
    encoded = msgspec.json.encode(value)
    return (msgspec.json.format(encoded, indent=2) if sys.stdout.isatty() else encoded).decode()
