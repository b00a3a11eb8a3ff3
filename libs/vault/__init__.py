"""WHAT must never be in the log: secrets, and promises that need a compare-and-set. Two twins behind one port."""

from libs.vault.port import Item, Kept, Vault, VaultUnavailable

__all__ = ["Item", "Kept", "Vault", "VaultUnavailable"]
