"""Every record is a line, whatever it holds."""

import msgspec
import pytest

from libs.events import PostLiked, envelope_for, new_id, to_record_parts
from libs.log import Record
from libs.log.publisher import utc_now
from qiao.tailing.lines import accounts_in, as_details, as_json, as_text, line_of


def _record(**changes: object) -> Record:
    event = PostLiked(account=new_id(), post=new_id())
    envelope = envelope_for(event, source="/posts", actor=event.account, now=utc_now())
    parts = to_record_parts(event, envelope)
    record = Record("reactions", 3, 17, 1_700_000_000_123, parts.key, parts.value, parts.headers)
    return msgspec.structs.replace(record, **changes)


def test_a_line_for_people_says_when_where_what_who_and_about_what() -> None:
    line = line_of(_record())
    assert line.envelope is not None
    post = msgspec.json.decode(line.data or b"")["post"]
    words = as_text(line).plain.split()
    assert words[0].endswith(".123")
    assert words[1:] == [
        "reactions[3]@17",
        "PostLiked",
        "by",
        str(line.envelope.actor),
        "about",
        line.envelope.subject,
        "->",
        post,
    ]


def test_who_has_a_handle_is_shown_by_it() -> None:
    line = line_of(_record())
    assert line.envelope is not None
    assert line.envelope.actor is not None
    assert accounts_in(line) == {line.envelope.actor}
    text = as_text(line, {line.envelope.actor: "mei"}, dated=True).plain
    assert "by @mei  about @mei -> " in text
    assert text.startswith("2023-11-1")
    assert "(@mei)" in as_details(line, {line.envelope.actor: "mei"})


def test_what_people_wrote_does_not_steer_a_terminal() -> None:
    said = {"text": "hello\x1b[2J\r\nworld", "gone": None}
    line = msgspec.structs.replace(line_of(_record()), opened=said)
    for shown in (as_text(line).plain, as_details(line)):
        assert "hello [2J  world" in shown
        assert "(erased)" in shown
        assert "\x1b" not in shown
    assert msgspec.json.decode(as_json(line))["opened"] == said


def test_a_line_for_programs_holds_envelope_and_data() -> None:
    told = msgspec.json.decode(as_json(line_of(_record())))
    assert (told["topic"], told["partition"], told["offset"]) == ("reactions", 3, 17)
    assert told["log_time"].startswith("2023-11-14T22:13:20.123")
    assert told["envelope"]["ce_type"] == "PostLiked"
    assert told["data"].keys() == {"account", "post"}


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": ()},
        {"headers": (("ce_type", b"\xff"),)},
        {"value": b"not JSON"},
        {"value": b"\xff"},
        {"key": b"\xff"},
    ],
)
def test_what_cannot_be_read_is_shown_as_such(changes: dict[str, object]) -> None:
    line = line_of(_record(**changes))
    assert "\n" not in as_json(line)
    msgspec.json.decode(as_json(line))
    assert line.error or "key" in changes
    assert "reactions[3]@17" in as_text(line).plain
