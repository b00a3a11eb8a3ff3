"""Which records a selection names, causes and effects aside."""

from libs.log import Record
from libs.log.slices import Selection
from qiao.capturing.references import References, references


class Matcher:
    """A selection, ready to be asked about many records."""

    def __init__(self, selection: Selection) -> None:
        """Whether anything but times and topics is named decides what a record costs."""
        self._selection = selection
        self._topics = frozenset(selection.topics)
        self._accounts, self._posts = frozenset(selection.accounts), frozenset(selection.posts)
        self._correlations = frozenset(selection.correlations)
        self._needles = [
            [str(each).encode() for each in group]
            for group in (self._accounts, self._posts, self._correlations)
            if group
        ]

    def matches(self, record: Record) -> bool:
        """Whether the record was asked for."""
        if not self._in_range(record):
            return False
        return not self._needles or (self._may_name(record) and self._names(references(record)))

    def matches_references(self, refs: References) -> bool:
        """The same, where it has been looked into already."""
        return self._in_range(refs.record) and self._names(refs)

    def _in_range(self, record: Record) -> bool:
        since, until = self._selection.since, self._selection.until
        if (since is not None and record.timestamp < since) or (until is not None and record.timestamp >= until):
            return False
        return not self._topics or record.topic in self._topics

    def _may_name(self, record: Record) -> bool:
        """Most records are passed over by a look for the id's text, without decoding them."""
        text = b"\n".join((record.value, *(value or b"" for _, value in record.headers)))
        return all(any(needle in text for needle in group) for group in self._needles)

    def _names(self, refs: References) -> bool:
        if self._accounts and not self._accounts & refs.accounts:
            return False
        if self._posts and not self._posts & refs.posts:
            return False
        story = refs.envelope.correlation if refs.envelope else None
        return not self._correlations or story in self._correlations
