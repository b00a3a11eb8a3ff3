"""What people wrote, beside the sealed tokens that stand in the log."""

from collections.abc import Mapping, Sequence

import msgspec

from libs.events import Keys, Undecodable, decode_data, spec_of
from qiao.sealed import texts_of
from qiao.tailing.lines import Line

Tokens = Mapping[str, str]
"""Personal field -> sealed token."""


async def with_texts(lines: Sequence[Line], keys: Keys) -> list[Line]:
    """The lines with what their personal fields say. Raises what `keys` raises."""
    tokens = [_tokens(line) for line in lines]
    texts = await texts_of({token for each in tokens for token in each.values()}, keys)
    return [
        msgspec.structs.replace(line, opened={field: texts[token] for field, token in each.items()}) if each else line
        for line, each in zip(lines, tokens, strict=True)
    ]


def says(line: Line, text: str) -> bool:
    """Whether one of the opened fields has the text in it, in whatever case."""
    return any(text.casefold() in (each or "").casefold() for each in line.opened.values())


def _tokens(line: Line) -> Tokens:
    if line.envelope is None or line.data is None:
        return {}
    try:
        event = decode_data(line.envelope, bytes(line.data))
    except Undecodable:
        return {}
    if event is None:
        return {}
    found = {field: getattr(event, field) for field in spec_of(event).personal}
    return {field: token for field, token in found.items() if token is not None}
