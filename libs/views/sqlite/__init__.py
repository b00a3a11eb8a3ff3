"""The views on one laptop: one SQLite file, no server."""

from libs.views.sqlite.store import SqliteViews, open_alone, open_views

__all__ = ["SqliteViews", "open_alone", "open_views"]
