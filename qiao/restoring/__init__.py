"""A captured log written into an empty one, under a new epoch: what is left when the log itself is lost."""

from qiao.restoring.planning import RestoreRefused
from qiao.restoring.restore import Restored, restore

__all__ = ["RestoreRefused", "Restored", "restore"]
