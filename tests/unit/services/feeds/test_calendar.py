"""Weeks and days as numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events import lowest_at
from services.feeds.calendar import DAY_MS, day_at, day_of, home_expiry, week_at, week_of

FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
moments = st.integers(min_value=0, max_value=200 * 366 * 24 * 60).map(
    lambda minutes: FIRST_MONDAY + timedelta(minutes=minutes)
)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "week"),
    [("1970-01-01", 0), ("1970-01-04", 0), ("1970-01-05", 1), ("2025-01-12", 2871), ("2025-01-13", 2872)],
)
def test_weeks_begin_on_monday(moment: str, week: int) -> None:
    assert week_at(_ms(datetime.fromisoformat(moment).replace(tzinfo=UTC))) == week


@given(moments)
def test_a_week_is_that_of_the_iso_calendar(moment: datetime) -> None:
    monday = moment.date() - timedelta(days=moment.weekday())
    assert week_at(_ms(moment)) == (monday - FIRST_MONDAY.date()).days // 7 + 1


@given(moments)
def test_a_post_is_filed_under_the_day_and_week_of_its_id(moment: datetime) -> None:
    post = lowest_at(_ms(moment))
    assert day_of(post) == day_at(_ms(moment)) == _ms(moment) // DAY_MS
    assert week_of(post) == week_at(_ms(moment))


def test_a_pushed_row_may_go_after_twenty_eight_days() -> None:
    written = datetime(2025, 1, 13, 8, tzinfo=UTC)
    assert home_expiry(lowest_at(_ms(written))) == int((written + timedelta(days=28)).timestamp())
