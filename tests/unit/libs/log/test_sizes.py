"""The bound on a record counts everything that a record carries."""

import pytest

from libs.log import Entry
from libs.log.sizes import MAX_RECORD, check_size


def test_key_value_and_headers_count_in_bytes() -> None:
    assert check_size(Entry("t", b"key", b"value", (("名", b"12"), ("h", b"")))) == 3 + 5 + 3 + 2 + 1


def test_the_largest_record_passes_and_one_byte_more_does_not() -> None:
    assert check_size(Entry("t", b"k", b"v" * (MAX_RECORD - 1))) == MAX_RECORD
    with pytest.raises(ValueError, match=f"{MAX_RECORD + 1} bytes for t .* {MAX_RECORD}"):
        check_size(Entry("t", b"k", b"v" * MAX_RECORD))
