"""What a phase cost."""

from time import perf_counter

from qiao.load import Recorder


def test_a_phase_counts_what_succeeded_and_what_did_not_by_reason() -> None:
    recorder = Recorder("follow")
    for _ in range(4):
        recorder.success(perf_counter())
    recorder.failure("blocked")
    recorder.failure("away")
    recorder.failure("away")

    figure = recorder.figure(2.0)
    assert (figure.name, figure.count, figure.failed, figure.rate) == ("follow", 4, 3, 2.0)
    assert figure.errors == {"blocked": 1, "away": 2}


def test_percentiles_are_of_what_succeeded_in_milliseconds() -> None:
    recorder, now = Recorder("read"), perf_counter()
    for ms in range(100):
        recorder.success(now - ms / 1000)
    figure = recorder.figure(1.0)
    assert 50 <= figure.p50_ms < 70
    assert 99 <= figure.p99_ms < 119


def test_a_phase_in_which_nothing_happened_has_figures_too() -> None:
    figure = Recorder("nothing").figure(0.0)
    assert (figure.count, figure.rate, figure.p50_ms) == (0, 0.0, 0.0)
