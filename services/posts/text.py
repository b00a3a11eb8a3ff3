"""What a text names: topics (#food, #猫税, Weibo's #话题#) and people (@handle)."""

import re
from collections.abc import Iterable

from libs.events.topics import normalized_topic

MOST_TOPICS = 10
MOST_MENTIONS = 20

_TOPIC = re.compile(r"(?<![\w#&/])[#＃](\w{1,64})")
_MENTION = re.compile(r"(?<![\w@.])[@＠]([a-zA-Z0-9_]{3,30})(?![\w@])")


def topics_in(text: str) -> tuple[str, ...]:
    """The topics, normalized, each once, in the order of the text; a number alone is none."""
    found = (normalized_topic(match) for match in _TOPIC.findall(text))
    return _first({topic: None for topic in found if not topic.isdigit()}, MOST_TOPICS)


def handles_in(text: str) -> tuple[str, ...]:
    """The handles that are mentioned, each once, in the order of the text."""
    return _first({handle.lower(): None for handle in _MENTION.findall(text)}, MOST_MENTIONS)


def _first(found: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(found)[:most]
