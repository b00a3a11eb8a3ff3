"""What /metrics shows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from libs.telemetry import exposition, metrics


def test_every_metric_is_shown_under_its_name() -> None:
    # Counters are the process's own: under a name that no other test counts.
    metrics.lag("toys", "posts", 3, 7)
    metrics.event_age("toys", "posts", 0.2)
    metrics.handler_time("toys", "PostCreated", 1e-5)
    metrics.flushed("toys", 0.01, rows=40, size=9_000)
    metrics.parked_keys("toys", "posts", 3, 1)
    metrics.events_parked("toys", "posts")
    metrics.events_skipped("toys", "posts", "unknown type")
    metrics.events_refused("toys", "posts", "blocked")
    metrics.retried("toys", "LogUnavailable")
    metrics.request("/v1/toys", "GET", 200, 0.004)
    metrics.waited("toys", 0.004)
    metrics.second_phase("toys", 30)
    metrics.store_called("toys", "append", 0.004)
    metrics.store_failed("toys", "append")
    metrics.checked("toys", "failed")
    shown = exposition().decode()
    for line in (
        'qiao_projection_lag_events{partition="3",projection="toys",topic="posts"} 7.0',
        'qiao_event_age_seconds_count{projection="toys",topic="posts"} 1.0',
        'qiao_handler_seconds_count{event="PostCreated",projection="toys"} 1.0',
        'qiao_flush_seconds_count{projection="toys"} 1.0',
        'qiao_flush_rows_sum{projection="toys"} 40.0',
        'qiao_flush_bytes_sum{projection="toys"} 9000.0',
        'qiao_projection_parked_keys{partition="3",projection="toys",topic="posts"} 1.0',
        'qiao_events_parked_total{projection="toys",topic="posts"} 1.0',
        'qiao_events_skipped_total{projection="toys",reason="unknown type",topic="posts"} 1.0',
        'qiao_events_refused_total{projection="toys",reason="blocked",topic="posts"} 1.0',
        'qiao_retries_total{error="LogUnavailable",what="toys"} 1.0',
        'qiao_http_request_seconds_bucket{le="0.005",method="GET",route="/v1/toys",status="200"} 1.0',
        'qiao_wait_seconds_count{outcome="toys"} 1.0',
        'qiao_second_phase_rows_total{projection="toys"} 30.0',
        'qiao_store_call_seconds_count{operation="append",system="toys"} 1.0',
        'qiao_store_call_failures_total{operation="append",system="toys"} 1.0',
        'qiao_readiness_checks_total{check="toys",outcome="failed"} 1.0',
        "process_resident_memory_bytes",
    ):
        assert line in shown


def test_what_is_shown_has_the_names_and_labels_that_are_declared() -> None:
    metrics.request("/v1/dolls", "GET", 200, 0.004)
    metrics.audited("dolls", "agreed", 1)
    metrics.parked_keys("dolls", "posts", 3, 1)
    shown = re.findall(r"^(qiao_\w+)\{(.*)\} ", exposition().decode(), re.MULTILINE)
    assert len({name for name, _ in shown}) > 4
    for name, labels in shown:
        assert metrics.SERIES[name] == set(re.findall(r"(\w+)=\"", labels))


def test_what_is_in_flight_is_shown_at_once() -> None:
    metrics.begun("tests")
    assert 'qiao_in_flight{what="tests"} 1.0' in exposition().decode()
    metrics.ended("tests")
    assert 'qiao_in_flight{what="tests"} 0.0' in exposition().decode()


def test_work_that_is_done_here_is_shown_before_the_first_is_begun() -> None:
    metrics.none_yet("dolls")
    assert 'qiao_in_flight{what="dolls"} 0.0' in exposition().decode()


def test_a_partition_that_went_elsewhere_has_no_lag_here() -> None:
    metrics.lag("feeds", "reactions", 1, 50)
    metrics.forget_partition("feeds", "reactions", 1)
    assert 'qiao_projection_lag_events{partition="1",projection="feeds",topic="reactions"} 0.0' in exposition().decode()


def test_processes_that_share_a_directory_answer_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    observe = "from libs.telemetry import metrics; metrics.request('/v1/home', 'GET', 200, 0.1)"
    show = "from libs.telemetry import exposition; print(exposition().decode())"
    subprocess.run([sys.executable, "-c", observe], check=True)
    subprocess.run([sys.executable, "-c", observe], check=True)
    shown = subprocess.run([sys.executable, "-c", show], check=True, capture_output=True, text=True).stdout
    assert 'qiao_http_request_seconds_count{method="GET",route="/v1/home",status="200"} 2.0' in shown
