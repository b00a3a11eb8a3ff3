"""Bytes: what a year leaves behind."""

import msgspec

from qiao.capacity.measured import Measured
from qiao.capacity.workload import Workload, mean_rates

YEAR = 365 * 86_400
HOME_DAYS = 28 + 7
"""That a pushed row is kept: what a home shows, and a week's margin."""
ACCOUNT = 2_000
"""Bytes of an account in the vault and in everybody's tables: key, credentials, handle, session, names. Estimated."""


class Storage(msgspec.Struct, frozen=True, kw_only=True):
    """Gigabytes of one copy."""

    log_a_year: float
    views_a_year: float
    """All but homes: it stays."""
    homes: float
    """However long it runs: they end after five weeks."""
    accounts: float


def storage(work: Workload, of: Measured) -> Storage:
    """Of the mean day, all year."""
    rates = mean_rates(work)
    # A registration is about as large as a post.
    posts = rates.posts + rates.registrations
    log = posts * of.log_post + rates.follows * of.log_follow + rates.likes * of.log_like
    views = posts * of.views_post + rates.follows * of.views_follow + rates.likes * of.views_like
    return Storage(
        log_a_year=log * YEAR / 1e9,
        views_a_year=views * YEAR / 1e9,
        homes=rates.deliveries * of.views_delivery * HOME_DAYS * 86_400 / 1e9,
        accounts=work.accounts * ACCOUNT / 1e9,
    )


def log_mb_s(work: Workload, of: Measured) -> float:
    """Megabytes a second into the log in the busiest hour, one copy."""
    a_second = storage(work, of).log_a_year * 1e9 / YEAR
    return a_second * work.peak / 1e6
