"""What records refer to, whatever they hold."""

from uuid import UUID

import msgspec

from libs.log import Record
from libs.log.slices import Selection
from qiao.capturing.matching import Selector
from qiao.capturing.names import caused_by, name, names_of
from qiao.capturing.owners import owners_in
from qiao.capturing.references import references

POST, ACCOUNT, CASE = UUID(int=1), UUID(int=2), UUID(int=3)


def _record(topic: str, data: object, *headers: tuple[str, bytes]) -> Record:
    return Record(topic, 0, 5, 1_000, b"key", msgspec.json.encode(data), headers)


def test_a_type_that_this_program_does_not_know_counts_by_the_names_of_its_fields() -> None:
    flagged = references(_record("moderation", {"case": str(CASE), "post": str(POST), "account": str(ACCOUNT)}))
    assert (flagged.posts, flagged.accounts) == ({POST}, {ACCOUNT})
    assert name("about", POST) in names_of(flagged).answers


def test_what_cannot_be_read_refers_to_nothing_and_is_no_trouble() -> None:
    for value in (b"", b"\xff\xfe", b"[" * 100_000, b'{"post": 7}'):
        found = references(Record("posts", 0, 5, 1_000, b"", value, (("ce_id", b"\xff"), ("ce_actor", b"x"))))
        assert (found.posts, found.accounts) == (set(), set())
        assert not names_of(found).answers


def test_the_name_of_an_effect_follows_from_the_name_of_its_cause() -> None:
    assert caused_by(name("event", POST)) == name("caused", POST)


def test_an_amendment_belongs_to_the_record_at_its_place() -> None:
    skipped = references(_record("operations", {"topic": "posts", "partition": 2, "offset": 7}))
    other = references(_record("operations", {"topic": "posts", "partition": 2, "offset": 8}))
    assert names_of(skipped).answers != names_of(other).answers
    assert len(names_of(skipped).answers) == 1


def test_an_actor_in_the_headers_alone_makes_a_record_the_accounts() -> None:
    matcher = Selector(Selection(accounts=(ACCOUNT,)))
    assert matcher.matches(_record("posts", {}, ("ce_actor", str(ACCOUNT).encode())))
    assert not matcher.matches(_record("posts", {}, ("ce_actor", str(POST).encode())))


def test_a_text_that_merely_holds_an_id_does_not_name_it() -> None:
    assert not Selector(Selection(posts=(POST,))).matches(_record("posts", {"text": f"see {POST}"}))


def test_owners_are_found_in_tokens_and_nothing_else() -> None:
    from libs.events import SealingKey, seal

    key, _ = SealingKey.generate(ACCOUNT)
    value = msgspec.json.encode({"text": seal("猫", key, POST, "text"), "other": "s1.text.short"})
    assert owners_in([value, b"{}"]) == {ACCOUNT}
