"""The waterfall: who is below whom, and how it looks."""

import json

from qiao.traces.drawing import as_json, draw
from qiao.traces.tree import arrange
from tests.unit.qiao.traces.making import POST, T, U, a_part, a_span


def test_each_span_stands_below_its_parent_and_a_batch_below_the_send_whose_event_it_handles() -> None:
    trace = arrange(T, list(reversed(POST)))
    assert [(row.depth, row.service, row.span.name, row.linked) for row in trace.rows] == [
        (0, "gateway", "POST /v1/posts", False),
        (1, "gateway", "send posts", False),
        (2, "feeds", "process posts", True),
        (3, "feeds", "write rows", False),
    ]
    assert trace.took == 20_000_000, "until the last of it ended, not only until the answer"


def test_siblings_come_in_the_order_of_time() -> None:
    late, early, root = a_span(2, "late", parent=1, at=5), a_span(3, "early", parent=1, at=1), a_span(1)
    assert [row.span.name for row in arrange(T, [a_part(T, late, early, root)]).rows] == [root.name, "early", "late"]


def test_a_parent_that_is_not_kept_leaves_its_children_at_the_top() -> None:
    trace = arrange(T, [a_part(T, a_span(5, parent=77)), a_part(U, a_span(6, links=[(T, 77)]))])
    assert [(row.depth, row.linked) for row in trace.rows] == [(0, False), (0, False)]


def test_the_waterfall_says_who_what_when_and_how_long_in_columns() -> None:
    headline, *lines = draw(arrange(T, POST), 100).plain.splitlines()
    assert headline.startswith(f"trace {T}  2025-01-1")
    assert headline.endswith("  20.0 ms in gateway, feeds")
    names = [line.split("  ")[0] for line in lines]
    assert names == ["gateway", "gateway", "feeds", "feeds"]
    assert "POST /v1/posts 201 " in lines[0]
    assert "    ↳ process posts[3] ×57 " in lines[2]
    assert "write rows ×7 " in lines[3]
    assert "    8.0 ms     12.0 ms" in lines[2]
    assert all(len(line) <= 100 for line in lines)


def test_bars_are_as_long_as_their_spans_and_begin_where_they_began() -> None:
    bars = [_bar(line) for line in draw(arrange(T, POST), 100).plain.splitlines()[1:]]
    whole = bars[0][1] * 2  # the request takes half of the whole
    assert abs(bars[1][0] - whole * 0.1) <= 1
    assert abs(bars[1][1] - whole * 0.2) <= 1
    assert abs(bars[2][0] - whole * 0.4) <= 1
    assert abs(sum(bars[2]) - whole) <= 2, "to the very end; each was rounded"


def test_the_shortest_span_at_the_very_end_still_has_a_bar_within_the_width() -> None:
    part = a_part(T, a_span(2, "get", "client", parent=1, at=10_000, took=0), a_span(1, took=10_000))
    for width in (20, 60, 100):
        lines = draw(arrange(T, [part]), width).plain.splitlines()
        assert all("█" in line for line in lines[1:])
        assert len(lines[2]) <= max(width, 60)


def test_a_failed_span_says_the_errors_type() -> None:
    failed = a_part(T, a_span(1, "send posts", "producer", error__type="LogUnavailable"))
    assert "send posts ! LogUnavailable" in draw(arrange(T, [failed]), 100).plain


def test_spans_that_were_not_kept_are_counted_below() -> None:
    drawn = draw(arrange(T, [a_part(T, a_span(1), more=7)]), 100).plain
    assert drawn.splitlines()[-1] == "and 7 more spans that were not kept"


def test_json_holds_the_spans_in_the_same_order_on_one_line() -> None:
    line = as_json(arrange(T, POST))
    assert "\n" not in line
    whole = json.loads(line)
    assert (whole["trace"], whole["took_us"], whole["not_kept"]) == (T, 20_000, 0)
    batch = whole["spans"][2]
    assert (batch["service"], batch["name"], batch["depth"], batch["at_us"]) == ("feeds", "process posts", 2, 8_000)
    assert batch["links"] == [[T, f"{2:016x}"]]
    assert batch["attributes"]["messaging.batch.message_count"] == 57


def _bar(line: str) -> tuple[int, int]:
    """Where it begins and how long it is, in cells; the bars' column begins two blanks behind the last `ms`."""
    column = line[line.rindex(" ms") + 5 :]
    return len(column) - len(column.lstrip()), column.count("█")
