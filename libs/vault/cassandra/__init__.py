"""The vault on a cluster."""

from libs.vault.cassandra.store import CassandraVault, open_vault

__all__ = ["CassandraVault", "open_vault"]
