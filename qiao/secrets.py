"""The secrets that a process needs: given by settings, or made once and kept beside the embedded data."""

import hashlib
import hmac
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec

from libs.sqlite import sync_directory
from qiao.data import RESTORE, usable
from qiao.settings import Settings, SettingsInvalid

_DRAFT = re.compile(r"secrets\.[0-9a-f]{16}")


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """What must never be shown. `signing` signs with its last entry and verifies with all."""

    signing: tuple[bytes, ...]
    master_key: bytes

    def derived(self, purpose: str) -> tuple[bytes, ...]:
        """A 32-byte key per signing secret, for one purpose only (HMAC-SHA256 of the purpose)."""
        return tuple(hmac.digest(secret, purpose.encode(), hashlib.sha256) for secret in self.signing)

    def __repr__(self) -> str:
        """Nothing of them."""
        return "Secrets(...)"


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    secret: Annotated[str, msgspec.Meta(min_length=1)]
    master_key: Annotated[str, msgspec.Meta(pattern="^([0-9a-fA-F]{2}){32}$")]


def secrets_of(settings: Settings) -> Secrets:
    """From the settings, else from the data directory, else made now. Raises SettingsInvalid."""
    secret, master_key = settings.secret, settings.master_key
    if not (secret and master_key):
        kept = _kept(settings.directory / "secrets.json")
        secret, master_key = secret or kept.secret, master_key or kept.master_key
    # The first is the newest and signs, hence goes last.
    return Secrets(signing=tuple(s.encode() for s in reversed(secret.split(","))), master_key=bytes.fromhex(master_key))


def _kept(path: Path) -> _Kept:
    if not path.exists():
        if path.with_name("vault.db").exists():
            raise SettingsInvalid(
                f"{path} is gone, but data sealed with its keys is there: restore the file, or set QIAO_SECRET and "
                "QIAO_MASTER_KEY to what they were"
            )
        with usable(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            made = _Kept(secret=secrets.token_hex(32), master_key=secrets.token_hex(32))
            _write_new(path, msgspec.json.encode(made))
    _remove_drafts(path)
    with usable(path, RESTORE, "or set QIAO_SECRET and QIAO_MASTER_KEY to what they were"):
        return msgspec.json.decode(path.read_bytes(), type=_Kept)


def _write_new(path: Path, content: bytes) -> None:
    """Whole or not at all, for the owner's eyes only; whoever comes second keeps what is there."""
    draft = path.with_suffix(f".{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except (FileExistsError, FileNotFoundError):
        pass  # Whoever came first has removed our draft, too.
    finally:
        draft.unlink(missing_ok=True)
    sync_directory(path.parent)


def _remove_drafts(path: Path) -> None:
    """Of processes that died while they wrote: both keys stand in them. Who still writes one finds `path` instead."""
    with suppress(OSError):
        for other in path.parent.iterdir():
            if _DRAFT.fullmatch(other.name):
                other.unlink(missing_ok=True)
