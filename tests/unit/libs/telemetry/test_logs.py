"""One JSON object per line, that names its trace and tells no secret."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest

from libs.telemetry import setup, shutdown, spans
from libs.telemetry.logs import JsonFormatter

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, as it was before afterwards."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield logger
    shutdown()
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.fixture
def stream(root: logging.Logger) -> StringIO:
    """Where JSON logs go."""
    stream = StringIO()
    setup("tests", log_style="json", log_stream=stream)
    return stream


def line(stream: StringIO) -> dict[str, Any]:
    """The one line that was logged."""
    (text,) = stream.getvalue().splitlines()
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def test_a_line_says_when_how_bad_who_and_what(stream: StringIO) -> None:
    before = datetime.now(UTC)
    logging.getLogger("qiao.tests").warning("parked %d of %s", 3, "feeds", extra={"topic": "posts", "offset": 7})
    found = line(stream)
    assert before <= datetime.fromisoformat(found.pop("time")) <= datetime.now(UTC)
    assert found == {
        "level": "WARNING",
        "logger": "qiao.tests",
        "message": "parked 3 of feeds",
        "service": "tests",
        "fields": {"topic": "posts", "offset": 7},
    }


def test_inside_a_span_a_line_names_it(stream: StringIO) -> None:
    with spans.request("GET", "/v1/home", "/v1/home", f"00-{TRACE}-{SPAN}-01", None):
        logging.getLogger("qiao.tests").info("here")
    found = line(stream)
    assert (found["trace_id"], found["span_id"]) == (TRACE, SPAN)


def test_an_exception_comes_with_its_stack_on_the_same_line(stream: StringIO) -> None:
    try:
        raise LookupError("nothing there")
    except LookupError:
        logging.getLogger("qiao.tests").exception("failed")
    assert "LookupError: nothing there" in line(stream)["error"]


@pytest.mark.parametrize(
    ("message", "extra"),
    [
        (f"refused Authorization: Bearer {JWT}", {}),
        (f"a token on its own: {JWT}", {}),
        ("refused", {"access_token": JWT}),
        ("refused", {"header": f"bearer {JWT}"}),
        (f"connecting to kafka://qiao:{JWT}@broker:9092", {}),
    ],
)
def test_secrets_are_hidden(stream: StringIO, message: str, extra: dict[str, str]) -> None:
    logging.getLogger("qiao.tests").warning(message, extra=extra)
    found = json.dumps(line(stream))
    assert "[hidden]" in found
    assert JWT not in found


def test_a_record_whose_arguments_do_not_fit_is_logged_all_the_same() -> None:
    record = logging.makeLogRecord({"msg": "%d of %d", "args": (1,)})
    assert json.loads(JsonFormatter("tests").format(record))["message"] == "%d of %d (1,)"


def test_on_a_terminal_a_line_is_for_people(root: logging.Logger) -> None:
    stream = StringIO()
    setup("tests", log_style="text", log_stream=stream)
    logging.getLogger("qiao.tests").warning("parked", extra={"topic": "posts"})
    assert "WARNING" in stream.getvalue()
    assert "parked topic=posts" in stream.getvalue()
