"""Logs: one JSON object per line for machines, readable lines on a terminal. Secrets never."""

import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec
from rich.console import Console
from rich.logging import RichHandler

from libs.telemetry.context import current

HIDDEN = "[hidden]"

_SECRET_NAMES = re.compile(r"password|secret|token|authorization|cookie|api_?key|credential", re.IGNORECASE)
# A bearer token, a JWT on its own, or the password in a URL.
_SECRET_TEXTS = re.compile(r"(?i:bearer)\s+[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_encode = msgspec.json.Encoder(enc_hook=repr).encode


class Line(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One record."""

    time: str
    """UTC, ISO 8601, with microseconds."""
    level: str
    logger: str
    message: str
    service: str
    trace_id: str = ""
    span_id: str = ""
    fields: dict[str, Any] = {}
    """What the caller gave as `extra`."""
    error: str = ""
    """The stack trace."""


class JsonFormatter(logging.Formatter):
    """Formats a record as a `Line`."""

    def __init__(self, service: str) -> None:
        """`service` names the process."""
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON, whatever the record holds."""
        context = current()
        line = Line(
            time=datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            level=record.levelname,
            logger=record.name,
            message=without_secrets(_message(record)),
            service=self._service,
            trace_id=context.trace_id if context else "",
            span_id=context.span_id if context else "",
            fields=_fields(record),
            error=without_secrets(_stack(record)),
        )
        return _encode(line).decode()


class TerminalFormatter(logging.Formatter):
    """Formats a record for a person: the message, then its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The message and `name=value` of each field; the handler adds time, level and place."""
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        stack = _stack(record)
        return without_secrets(_message(record) + fields + (f"\n{stack}" if stack else ""))


def log_handler(service: str, *, json: bool, stream: TextIO | None = None) -> logging.Handler:
    """The handler for the root logger; to stderr unless told otherwise."""
    stream = stream or sys.stderr
    if json:
        handler: logging.Handler = logging.StreamHandler(stream)
        handler.setFormatter(JsonFormatter(service))
        return handler
    handler = RichHandler(console=Console(file=stream), show_path=False, log_time_format="%H:%M:%S")
    handler.setFormatter(TerminalFormatter())
    return handler


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit: better a rough line than none
        return f"{record.msg} {record.args!r}"


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    extra = {name: value for name, value in vars(record).items() if name not in _OWN}
    return {
        name: HIDDEN if _SECRET_NAMES.search(name) else without_secrets(value) if isinstance(value, str) else value
        for name, value in extra.items()
    }


def _stack(record: logging.LogRecord) -> str:
    if record.exc_info and record.exc_info[0]:
        return "".join(traceback.format_exception(*record.exc_info)).rstrip()
    return ""


def without_secrets(text: str) -> str:
    """Passwords in URLs, tokens and the like are not shown."""
    return _SECRET_TEXTS.sub(HIDDEN, text)
