"""The log on one laptop: one SQLite file, no server. The same file is what a slice of a production log is."""

from libs.log.embedded.log import EmbeddedLog, open_log

__all__ = ["EmbeddedLog", "open_log"]
