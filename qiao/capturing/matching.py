"""Which records a selection names, causes and effects aside."""

from collections.abc import Iterable
from uuid import UUID

from libs.log import Record
from libs.log.slices import Selection
from qiao.capturing.references import References, references


class Selector:
    """A selection, ready to be asked about many records."""

    def __init__(self, selection: Selection) -> None:
        """Whether anything but times and topics is named decides what a record costs."""
        self._selection = selection
        self._topics = frozenset(selection.topics)
        self._accounts, self._posts = frozenset(selection.accounts), frozenset(selection.posts)
        self._correlations = frozenset(selection.correlations)
        self._in_value = _texts(self._accounts | self._posts)
        self._in_headers = frozenset(_texts(self._accounts | self._correlations))
        self._by_name = bool(self._accounts or self._posts or self._correlations)

    def matches(self, record: Record) -> bool:
        """Whether the record was asked for."""
        if not self._in_range(record):
            return False
        return not self._by_name or (self._may_name(record) and self._names(references(record)))

    def _in_range(self, record: Record) -> bool:
        since, until = self._selection.since, self._selection.until
        if (since is not None and record.timestamp < since) or (until is not None and record.timestamp >= until):
            return False
        return not self._topics or record.topic in self._topics

    def _may_name(self, record: Record) -> bool:
        """Most records are passed over by a look for the ids' texts, without decoding them."""
        value = record.value
        for text in self._in_value:
            if text in value:
                return True
        # Most selections name nothing that a header holds.
        return bool(self._in_headers) and any(header in self._in_headers for _, header in record.headers)

    def _names(self, refs: References) -> bool:
        if self._accounts and not self._accounts & refs.accounts:
            return False
        if self._posts and not self._posts & refs.posts:
            return False
        return not self._correlations or refs.head.ce_correlationid in self._correlations


def _texts(ids: Iterable[UUID]) -> list[bytes]:
    return [str(each).encode() for each in ids]
