"""Weeks and days as numbers, from ids and instants in milliseconds since 1970 UTC."""

from uuid import UUID

from libs.events import time_of

DAY_MS = 86_400_000
HOME_DAYS = 28
_THURSDAY_OFFSET = 3
"""1970 began on a Thursday; weeks begin on Monday."""


def day_at(ms: int) -> int:
    """The number of the day, from 0 on 1970-01-01."""
    return ms // DAY_MS


def week_at(ms: int) -> int:
    """The number of the Monday-to-Sunday week, from 0 for the one that holds 1970-01-01."""
    return (day_at(ms) + _THURSDAY_OFFSET) // 7


def day_of(post: UUID) -> int:
    """The day of a post."""
    return day_at(time_of(post))


def week_of(post: UUID) -> int:
    """The week of a post."""
    return week_at(time_of(post))


def home_expiry(post: UUID) -> int:
    """When a pushed row may be cleaned away, in seconds since 1970 UTC."""
    return (time_of(post) + HOME_DAYS * DAY_MS) // 1000
