"""What a text names: topics (#food, #猫税, Weibo's #话题#) and people (@handle).

Chinese puts no spaces between words: 今天晒#猫税#给@amy看 names a topic and a person. In the scripts that do, a # or @
inside a word names nothing: C#3, me@example.com. What stands in a URL names nothing either.
"""

import re
from collections.abc import Iterable

from libs.events.topics import normalized_topic

MOST_TOPICS = 10
MOST_MENTIONS = 20

_UNSPACED = "\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
"""Han, kana and Hangul."""

_LETTER = rf"[^\W{_UNSPACED}]"
"""A letter or digit of a script that puts spaces between words."""

_URL = re.compile(r"\b(?:https?://|www\.)[!-~]+", re.IGNORECASE)
_TOPIC = re.compile(rf"(?<!{_LETTER})(?<![&/])[#＃](\w+)[#＃]?")
_MENTION = re.compile(rf"(?<!{_LETTER})(?<![@＠.%+/-])[@＠]([a-zA-Z0-9_]{{3,30}})(?!{_LETTER}|[@＠])")


def topics_in(text: str) -> tuple[str, ...]:
    """The topics, normalized, each once, in the order of the text; a number alone is none."""
    found = (normalized_topic(match) for match in _TOPIC.findall(_without_urls(text)))
    return _first({topic: None for topic in found if not topic.isdigit()}, MOST_TOPICS)


def handles_in(text: str) -> tuple[str, ...]:
    """The handles that are mentioned, each once, in the order of the text."""
    return _first({handle.lower(): None for handle in _MENTION.findall(_without_urls(text))}, MOST_MENTIONS)


def _without_urls(text: str) -> str:
    return _URL.sub(" ", text)


def _first(found: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(found)[:most]
