"""What the SQLite twins share: opening a file, a writer thread with group commit, and keeping the loop going."""

from libs.sqlite.breath import Breath
from libs.sqlite.connection import connect
from libs.sqlite.directories import sync_directory
from libs.sqlite.threads import in_thread
from libs.sqlite.writer import Writer, WriterClosed

__all__ = ["Breath", "Writer", "WriterClosed", "connect", "in_thread", "sync_directory"]
