"""The views on a cluster."""

from libs.views.cassandra.store import CassandraViews, open_views

__all__ = ["CassandraViews", "open_views"]
