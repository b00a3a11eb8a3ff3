"""One topic for every way to write it: whoever files posts under topics and whoever asks for one agree here."""

import unicodedata

LONGEST_TOPIC = 64


def normalized_topic(topic: str) -> str:
    """Without the #: width and case do not tell topics apart; at most 64 characters. Its own result stays as it is."""
    # Unicode's compatibility caseless matching: folding takes characters apart, so they are put together and folded
    # once more, or a topic would not be found under its own name.
    for _ in range(2):
        topic = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", topic).casefold())
    return topic[:LONGEST_TOPIC]
