"""The vault on one laptop: one SQLite file, readable by its owner only."""

from libs.vault.sqlite.peeking import peek
from libs.vault.sqlite.store import SqliteVault, open_vault

__all__ = ["SqliteVault", "open_vault", "peek"]
