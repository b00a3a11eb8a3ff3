"""What is wrong with QIAO_DATA, told in one line: which file, why, and what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from libs.log import LogUnavailable
from libs.log.embedded import NotALog
from libs.vault import VaultUnavailable
from libs.views import ViewsUnavailable
from qiao.settings import SettingsInvalid

RESTORE = "restore it from a copy"
FOLD_AGAIN = "or move it away: it is folded again from the log"
_WRITABLE = "QIAO_DATA must be a directory that this user may write to, on a disk that has room"


@contextmanager
def usable(path: Path, *remedies: str) -> Iterator[None]:
    """What fails while a file under QIAO_DATA is opened leaves as SettingsInvalid; `remedies` mend a damaged one."""
    try:
        yield
    except OSError as error:
        raise SettingsInvalid(f"{path}: {error.strerror or error}; {_WRITABLE}") from error
    except (LogUnavailable, VaultUnavailable, ViewsUnavailable) as error:
        raise SettingsInvalid(f"{path} cannot be opened: {_reason(error)}; {_WRITABLE}{_or(remedies)}") from error
    except (NotALog, msgspec.DecodeError, ValueError) as error:
        raise SettingsInvalid(f"{path} is damaged: {_reason(error)}; {', '.join(remedies)}") from error


def _reason(error: BaseException) -> str:
    return str(error.__cause__ or error)


def _or(remedies: tuple[str, ...]) -> str:
    return f"; if it is damaged, {', '.join(remedies)}" if remedies else ""
