"""Times on the command line: one way to write them, for every command.

now                            this moment
-15m, -1h30m, -2d              so long ago, in w, d, h, m and s
14:05, 14:05:30.5              today, in local time
2025-01-14, 2025-01-14 09:30   local time; T may stand for the space
2025-01-14T09:30:00Z           with a zone, which may be +08:00, too
"""

from qiao.times.option import TIME
from qiao.times.parsing import from_ms, parse_time, to_ms
from qiao.times.scanning import TimeInvalid

__all__ = ["TIME", "TimeInvalid", "from_ms", "parse_time", "to_ms"]
