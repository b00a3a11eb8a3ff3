"""Times on the command line: every form, and where a wrong one goes wrong."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import click
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from qiao.times import TIME, TimeInvalid, from_ms, parse_time, to_ms

NOW = datetime(2025, 1, 14, 12, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
DAYS = (datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
MOMENTS = st.integers(*map(to_ms, DAYS)).map(from_ms)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return from_ms(parse_time(text, NOW, zone))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("-15m", NOW - timedelta(minutes=15)),
        ("-0s", NOW),
        ("-1w2d3h4m5s", NOW - timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5)),
        ("14:05", datetime(2025, 1, 14, 6, 5, tzinfo=UTC)),
        ("9:05:30.25", datetime(2025, 1, 14, 1, 5, 30, 250_000, tzinfo=UTC)),
        ("2025-01-14", datetime(2025, 1, 13, 16, tzinfo=UTC)),
        ("2025-01-14 09:30", datetime(2025, 1, 14, 1, 30, tzinfo=UTC)),
        ("2025-01-14T09:30:15", datetime(2025, 1, 14, 1, 30, 15, tzinfo=UTC)),
        ("2025-01-14T09:30Z", datetime(2025, 1, 14, 9, 30, tzinfo=UTC)),
        ("2025-01-14T09:30:00.123456789+08:00", datetime(2025, 1, 14, 1, 30, 0, 123_000, tzinfo=UTC)),
        ("2025-01-14T09:30-0330", datetime(2025, 1, 14, 13, 0, tzinfo=UTC)),
    ],
)
def test_every_form_is_read(text: str, expected: datetime) -> None:
    assert at(text) == expected


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", 0),
        ("yesterday", 0),
        ("nowish", 0),
        ("-", 1),
        ("-15", 3),
        ("-15x", 3),
        ("-5m2h", 4),
        ("-5s1", 4),
        ("-5s1s", 4),
        ("24:00", 0),
        ("12:60", 3),
        ("12:3", 3),
        ("12:30:61", 6),
        ("12:30:10.", 9),
        ("12:30Z", 5),
        ("2025", 4),
        ("2025-13-01", 5),
        ("2025-1-01", 5),
        ("2025-02-29", 8),
        ("1969-12-31", 0),
        ("2025-01-14X", 10),
        ("2025-01-14T", 11),
        ("2025-01-14T09:30+8", 17),
        ("2025-01-14T09:30Zulu", 17),
        ("-999999999w", 0),
        ("-99w999999999d", 0),
        ("-9999w", 0),
        ("١٢:٣٠", 0),
        ("12:30\n", 5),
    ],
)
def test_an_error_points_at_the_character(text: str, wrong: int) -> None:
    with pytest.raises(TimeInvalid) as caught:
        at(text)
    assert caught.value.at == wrong
    mark = str(caught.value).splitlines()[-1]
    assert mark == "  " + " " * wrong + "^"


def test_where_clocks_are_put_back_the_earlier_time_is_meant() -> None:
    assert at("2025-10-26 02:30", BERLIN) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


def test_today_is_the_day_of_the_local_zone() -> None:
    late = datetime(2025, 1, 14, 20, 0, tzinfo=UTC)
    assert from_ms(parse_time("00:00", late, SHANGHAI)) == datetime(2025, 1, 14, 16, tzinfo=UTC)


@given(MOMENTS, st.integers(-23 * 60, 23 * 60))
def test_iso_8601_with_a_zone_is_read_as_python_reads_it(moment: datetime, minutes: int) -> None:
    text = moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    assert parse_time(text, NOW) == to_ms(moment)


@given(MOMENTS)
def test_what_is_written_without_a_zone_is_local(moment: datetime) -> None:
    zone = timezone(timedelta(hours=8))  # without summer time, when two moments may look alike
    local = moment.astimezone(zone).replace(tzinfo=None)
    assert parse_time(local.isoformat(), NOW, zone) == to_ms(moment)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_units_add_up(hours: int, minutes: int, seconds: int) -> None:
    whole = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    text = f"-{hours}h{minutes}m{seconds}s"
    if NOW - whole >= from_ms(0):
        assert at(text) == NOW - whole
    else:
        with pytest.raises(TimeInvalid):
            at(text)


@given(st.integers(0, to_ms(datetime(9999, 12, 31, tzinfo=UTC))))
def test_milliseconds_survive_the_way_to_a_moment_and_back(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms


@given(st.one_of(st.text(), st.from_regex(r"[-0-9TZ:.wdhms +]{0,30}", fullmatch=True)))
@example("-" + "9" * 9 + "w")
@example("9999-12-31T23:59-23:59")
@example("1970-01-01T00:00+23:59")
def test_whatever_is_written_is_a_time_or_is_pointed_at(text: str) -> None:
    wrong = None
    try:
        read = parse_time(text, NOW, SHANGHAI)
    except TimeInvalid as error:
        wrong = error.at
    assert read >= 0 if wrong is None else 0 <= wrong <= len(text)


@pytest.fixture
def in_shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_shanghai")
def test_without_a_zone_the_machines_own_is_meant() -> None:
    assert from_ms(parse_time("2025-01-14 09:30", NOW)) == datetime(2025, 1, 14, 1, 30, tzinfo=UTC)
    assert from_ms(parse_time("09:30", NOW)) == datetime(2025, 1, 14, 1, 30, tzinfo=UTC)


@click.command()
@click.option("--from", "since", type=TIME)
def _command(since: int) -> None:
    click.echo(since)


def test_as_an_option_it_is_milliseconds_and_a_wrong_one_is_a_mistake_of_usage() -> None:
    taken = CliRunner().invoke(_command, ["--from", "2025-01-14T09:30Z"])
    assert taken.output == "1736847000000\n"
    refused = CliRunner().invoke(_command, ["--from", "2025-13-14"])
    assert refused.exit_code == 2
    assert "--from" in refused.output
    assert "  2025-13-14\n       ^" in refused.output
