"""SQL over a slice, a log and the tables beside it, for reading only."""

from qiao.sql.asking import Answer, Limits, ask, describe
from qiao.sql.errors import QueryRefused, TimeIsUp

__all__ = ["Answer", "Limits", "QueryRefused", "TimeIsUp", "ask", "describe"]
