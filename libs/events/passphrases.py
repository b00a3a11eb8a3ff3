"""A key from a passphrase, for what leaves the house: slices with keys, backups of the vault."""

from typing import NamedTuple

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

SALT_BYTES = 16
KEY_BYTES = 32

MOST = 1 << 30
"""Bytes of memory that a file may ask for: a forged one must not take all of it."""


class Stretch(NamedTuple):
    """scrypt and its cost: at 32 MiB and about 0.1 s, that is what an attacker pays for each guess."""

    n: int = 1 << 15
    r: int = 8
    p: int = 1

    def key(self, passphrase: str, salt: bytes) -> bytes:
        """A key of 32 bytes. Blocks for about 0.1 s. Raises ValueError for a cost that makes no sense."""
        if 128 * self.n * self.r > MOST or not 0 < self.p <= 16:
            raise ValueError(f"scrypt with n={self.n}, r={self.r}, p={self.p} asks for too much")
        return Scrypt(salt=salt, length=KEY_BYTES, n=self.n, r=self.r, p=self.p).derive(passphrase.encode())
