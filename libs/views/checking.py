"""Whether the stores would take a row, found out before anything is written."""

from libs.views.bounds import ENCODE_ERRORS, check_size, check_text_key
from libs.views.columns import ColumnType
from libs.views.port import Put, RowRefused


def check_put(put: Put) -> None:
    """Raises RowRefused for a row that is too large, lacks a value, or has a key that no store takes."""
    table, row = put.table, put.row
    try:
        check_size(row)
        for name in table.columns:
            if getattr(row, name) is None:
                raise TypeError(f"{name} is None: no column is nullable")
        for name in table.key:
            if table.types[name] is ColumnType.TEXT:
                check_text_key(name, getattr(row, name), name not in table.partition)
    except ENCODE_ERRORS as error:
        raise RowRefused(put, str(error)) from error
