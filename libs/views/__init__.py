"""WHAT can be read: tables folded from the log. Two twins behind one port."""

from libs.views.port import Put, Reads, RowRefused, SchemaOutdated, SchemaRefused, Views, ViewsUnavailable
from libs.views.scanning import scan_all
from libs.views.stamp import stamp
from libs.views.table import Clustering, Key, Table, TableKind, asc, desc, generation_of

__all__ = [
    "Clustering",
    "Key",
    "Put",
    "Reads",
    "RowRefused",
    "SchemaOutdated",
    "SchemaRefused",
    "Table",
    "TableKind",
    "Views",
    "ViewsUnavailable",
    "asc",
    "desc",
    "generation_of",
    "scan_all",
    "stamp",
]
