"""Why something cannot be shown."""

from libs.http.kinds import ACCOUNT_UNKNOWN, POST_UNKNOWN

__all__ = ["ACCOUNT_UNKNOWN", "POST_UNKNOWN"]
