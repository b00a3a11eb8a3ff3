"""The log on one laptop: one SQLite file, no server. The same file is what a slice of a production log is."""

from libs.log.embedded.log import EmbeddedLog, open_log
from libs.log.embedded.schema import LogInUse, NotALog

__all__ = ["EmbeddedLog", "LogInUse", "NotALog", "open_log"]
