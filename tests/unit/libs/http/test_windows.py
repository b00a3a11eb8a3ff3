"""Counting for limits: windows slide, memory is bounded, addresses count by network."""

import pytest
from limits import parse

from libs.http.windows import Counter, Windows, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "20010db800000000::/64"),
        ("2001:db8::2", "20010db800000000::/64"),
        ("2001:db8:0:1::1", "20010db800000001::/64"),
        ("fe80::1%eth0", "fe80000000000000::/64"),
        ("no address: at all", "no address: at all"),
        ("", ""),
    ],
)
def test_an_address_counts_by_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


class Time:
    """A time that tests set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 6_000.0
        monkeypatch.setattr("libs.http.windows.time", lambda: self.now)


def test_the_window_slides(monkeypatch: pytest.MonkeyPatch) -> None:
    time, windows = Time(monkeypatch), Windows()
    assert [windows.acquire_sliding_window_entry("k", 4, 60) for _ in range(5)] == [True] * 4 + [False]
    time.now += 60 + 15  # three quarters of the window before still count: 3 of 4
    assert [windows.acquire_sliding_window_entry("k", 4, 60) for _ in range(2)] == [True, False]
    time.now += 120
    assert [windows.acquire_sliding_window_entry("k", 4, 60) for _ in range(5)] == [True] * 4 + [False]


def test_memory_is_bounded_the_longest_unused_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    Time(monkeypatch)
    windows = Windows(max_keys=3)
    for key in "abcabd":
        windows.acquire_sliding_window_entry(key, 10, 60)
    counts = {key: windows.get_sliding_window(key, 60)[2] for key in "abcd"}
    assert counts == {"a": 2, "b": 2, "c": 0, "d": 1}


def test_what_is_taken_back_was_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    Time(monkeypatch)
    counter, limit = Counter(), parse("2/minute")
    assert [counter.count(limit, "a") for _ in range(3)] == [True, True, False]
    counter.take_back(limit, "a")
    assert counter.used(limit, "a") == 1
    for _ in range(3):
        counter.take_back(limit, "a")
    assert counter.used(limit, "a") == 0
