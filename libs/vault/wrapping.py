"""Wrapping keys under the master key, so that who gets at the vault's file or a backup of it gets no key."""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MASTER_KEY_BYTES = 32

_WRAP_VERSION = b"\x01"
_NONCE_BYTES = 12


class WrongMasterKey(Exception):
    """A sealing key was wrapped by another master key than the one in the settings, or its record was changed."""


class Wrapping:
    """AES-256-GCM under the master key, bound to the account: a record moved to another account does not open."""

    def __init__(self, master_key: bytes) -> None:
        """Raises ValueError unless the master key has 32 bytes."""
        if len(master_key) != MASTER_KEY_BYTES:
            raise ValueError(f"a master key has {MASTER_KEY_BYTES} bytes, this one {len(master_key)}")
        self._cipher = AESGCM(master_key)

    def wrap(self, account: UUID, key: bytes) -> bytes:
        """What may be stored."""
        nonce = os.urandom(_NONCE_BYTES)
        return _WRAP_VERSION + nonce + self._cipher.encrypt(nonce, key, account.bytes)

    def unwrap(self, account: UUID, wrapped: bytes) -> bytes:
        """The key. Raises WrongMasterKey."""
        nonce, sealed = wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :]
        try:
            if wrapped[:1] != _WRAP_VERSION:
                raise InvalidTag
            return self._cipher.decrypt(nonce, sealed, account.bytes)
        except (InvalidTag, ValueError):
            raise WrongMasterKey(f"the sealing key of {account} does not open under this master key") from None
