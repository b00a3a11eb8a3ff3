"""One topic for every way to write it: whoever files posts under topics and whoever asks for one agree here."""

import unicodedata

LONGEST_TOPIC = 64


def normalized_topic(topic: str) -> str:
    """Without the #: width and case do not tell topics apart; at most 64 characters."""
    return unicodedata.normalize("NFKC", topic).casefold()[:LONGEST_TOPIC]
