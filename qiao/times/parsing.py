"""From a text to a moment."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from qiao.times.scanning import Scan

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_UNITS: Mapping[str, int] = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_ORDER = "".join(_UNITS)
_FORMS = "now, -15m, 14:05, 2025-01-14T09:30 or 2025-01-14T09:30+08:00"


def parse_time(text: str, now: datetime, zone: tzinfo | None = None) -> int:
    """A moment in milliseconds since 1970 UTC, cut to the whole one. Raises TimeInvalid.

    `now` needs a time zone; `zone` is the local one, None for this machine's. Where clocks are put back a local time
    is the earlier of the two that it may be.
    """
    scan = Scan(text)
    try:
        ms = to_ms(_moment(scan, now.astimezone(UTC), zone))
    except OverflowError:
        raise scan.wrong("this is beyond the years that there are", 0) from None
    if ms < 0:
        raise scan.wrong("this is before 1970", 0)
    return ms


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970 UTC, rounded down."""
    return (moment - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """The moment, UTC. Raises OverflowError beyond the year 9999."""
    return _EPOCH + ms * _MS


def _moment(scan: Scan, now: datetime, zone: tzinfo | None) -> datetime:
    if scan.text == "now":
        return now
    if scan.took("-"):
        return now - _ago(scan)
    if scan.looks_like(r"\d{1,2}:"):
        return _today(scan, now, zone)
    if scan.looks_like(r"\d"):
        return _dated(scan, zone)
    raise scan.wrong(f"this is no time: write {_FORMS}")


def _ago(scan: Scan) -> timedelta:
    """Numbers with units, the greater ones first."""
    seconds, units = 0, _ORDER
    while True:
        number = scan.number(1, 9, "a number of w, d, h, m or s")
        unit = scan.take_one_of(units)
        seconds += number * _UNITS[unit]
        if scan.over:
            return timedelta(seconds=seconds)
        units = units[units.index(unit) + 1 :]


def _today(scan: Scan, now: datetime, zone: tzinfo | None) -> datetime:
    clock = _clock(scan)
    scan.end()
    midnight = now.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    return _local(midnight + clock, zone)


def _dated(scan: Scan, zone: tzinfo | None) -> datetime:
    date = _date(scan)
    if scan.over:
        return _local(date, zone)
    scan.take_one_of("T ")
    date += _clock(scan)
    offset = _offset(scan)
    scan.end()
    return _local(date, zone) if offset is None else date.replace(tzinfo=timezone(offset))


def _date(scan: Scan) -> datetime:
    year = scan.between(1970, 9999, "a year", digits=4, least=4)
    scan.take_one_of("-")
    month = scan.between(1, 12, "a month")
    scan.take_one_of("-")
    at, day = scan.at, scan.between(1, 31, "a day")
    try:
        return datetime(year, month, day)  # noqa: DTZ001 - its zone follows
    except ValueError:
        raise scan.wrong(f"{year}-{month:02} has no such day", at) from None


def _clock(scan: Scan) -> timedelta:
    hours = scan.between(0, 23, "an hour", least=1)
    scan.take_one_of(":")
    minutes = scan.between(0, 59, "minutes")
    if not scan.took(":"):
        return timedelta(hours=hours, minutes=minutes)
    seconds = scan.between(0, 59, "seconds")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=_fraction(scan))


def _fraction(scan: Scan) -> int:
    """Microseconds."""
    if not scan.took("."):
        return 0
    start = scan.at
    return scan.number(1, 9, "a fraction of a second") * 1_000_000 // int(10 ** (scan.at - start))


def _offset(scan: Scan) -> timedelta | None:
    """That of the zone in the text; None where it has none."""
    if scan.over:
        return None
    sign = scan.take_one_of("Z+-")
    if sign == "Z":
        return timedelta()
    hours = scan.between(0, 23, "the hours of a zone")
    scan.took(":")
    offset = timedelta(hours=hours, minutes=scan.between(0, 59, "the minutes of a zone"))
    return offset if sign == "+" else -offset


def _local(naive: datetime, zone: tzinfo | None) -> datetime:
    return naive.astimezone() if zone is None else naive.replace(tzinfo=zone)
