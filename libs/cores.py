"""How many cores this process may use: a container's share, not the cores of the node that it runs on."""

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def usable_cores(cgroup: Path = CGROUP) -> int:
    """Cores, at least 1; a share is rounded up. `cgroup`: where this process sees its own control group, v1 or v2."""
    present = os.cpu_count() or 1
    quota = _quota(cgroup)
    return present if quota is None else max(1, min(present, math.ceil(quota)))


def _quota(cgroup: Path) -> float | None:
    """Cores; None where there is no limit, or no control group."""
    try:
        return _share((cgroup / "cpu.max").read_text())
    except (OSError, ValueError):
        pass
    try:
        cpu = cgroup / "cpu"
        return _share(f"{(cpu / 'cpu.cfs_quota_us').read_text()} {(cpu / 'cpu.cfs_period_us').read_text()}")
    except (OSError, ValueError):
        return None


def _share(text: str) -> float | None:
    """Of "quota period" in microseconds; "max" or a quota below 0 is no limit. Raises ValueError."""
    quota, period = text.split()
    if quota == "max" or int(quota) < 0:
        return None
    return int(quota) / int(period)
