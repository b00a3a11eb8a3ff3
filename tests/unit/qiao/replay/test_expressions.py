"""Conditions on events."""

import pytest

from libs.log import Record
from qiao.replay.expressions import Expression, ExpressionInvalid
from tests.unit.services.folding import an_id

HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": str(an_id(1)),
    "ce_type": "PostCreated",
    "ce_dataversion": "1",
    "ce_source": "/posts",
    "ce_time": "2025-01-14T09:30:00Z",
    "ce_subject": "key",
    "ce_actor": str(an_id(2)),
    "ce_correlationid": str(an_id(1)),
    "content-type": "application/json",
}


def record(value: bytes = b'{"lang":"zh","topics":["food"]}') -> Record:
    headers = tuple((name, text.encode()) for name, text in HEADERS.items())
    return Record("posts", 3, 17, 1_000, b"key", value, headers)


@pytest.mark.parametrize(
    "text",
    [
        'type == "PostCreated" && data.lang == "zh"',
        f'actor == "{an_id(2)}"',
        'key.startsWith("ke")',
        '"food" in data.topics',
        'topic == "posts" && partition == 3 && offset >= 17 && time < 2000',
        f'id == "{an_id(1)}" && correlation == id',
    ],
)
def test_an_expression_speaks_of_the_envelope_the_place_and_the_data(text: str) -> None:
    assert Expression(text).holds_for(record())


@pytest.mark.parametrize(
    "text", ['type == "PostLiked"', 'data.reply_to.post == "x"', "data.lang > 3", "1 / (offset - 17) == 1"]
)
def test_what_the_event_is_not_or_does_not_have_does_not_hold(text: str) -> None:
    assert not Expression(text).holds_for(record())


def test_nothing_holds_for_a_record_that_cannot_be_read() -> None:
    assert not Expression("true").holds_for(record(b"\xff"))


@pytest.mark.parametrize(("text", "column"), [("type == ", 9), ('type = "x"', 6), ("(type", 6)])
def test_what_does_not_parse_is_pointed_at(text: str, column: int) -> None:
    with pytest.raises(ExpressionInvalid, match=rf"1:{column}") as refused:
        Expression(text)
    assert "^" in str(refused.value)


@pytest.mark.parametrize("text", ["actor", '"a string"', "offset + 1", "data", "null", "size(key)", '["posts"]'])
def test_what_is_neither_true_nor_false_is_refused_before_anything_is_folded(text: str) -> None:
    with pytest.raises(ExpressionInvalid, match="neither true nor false") as refused:
        Expression(text)
    assert str(refused.value).splitlines()[1:] == [f"  {text}", "  ^"]


@pytest.mark.parametrize("text", ["data.hidden", "has(data.hidden) && data.hidden", "170 / offset == 10", "true"])
def test_what_may_be_true_of_an_event_is_a_condition(text: str) -> None:
    assert Expression(text).holds_for(record(b'{"hidden":true}'))


def test_a_name_that_no_event_has_is_pointed_at() -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        Expression('data.lang == "zh" && typ == "PostCreated"')
    assert str(refused.value).splitlines()[1:] == [
        '  data.lang == "zh" && typ == "PostCreated"',
        "                       ^",
    ]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('type == "PostLiked" && autor == "x"', 23),
        ('key == "autor" || autor == "x"', 18),
        ("data.topics.exists(t, t == topik)", 27),
    ],
)
def test_a_misspelt_name_is_pointed_at_wherever_it_stands_and_never_in_a_string(text: str, column: int) -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        Expression(text)
    assert str(refused.value).splitlines()[-1] == " " * (column + 2) + "^"


@pytest.mark.parametrize(
    "text",
    [
        'data.topics.exists(t, t == "food")',
        "data.lang == 'zh' && !(has(data.gone)) && data.topics.size() == 1",
        'type(partition) == int && "\\"autor" != key',
        'data.topics.map(each, each + "!")[0] == "food!" || false',
    ],
)
def test_words_of_the_language_fields_and_names_of_its_own_are_no_misspelt_names(text: str) -> None:
    assert Expression(text).holds_for(record())
