"""Why a post is, or is not, in a home: the route for people, and `qiao why` for operators."""

import json
from typing import Any

import pytest

from tests.e2e.client import Api, Someone
from tests.e2e.commands import run
from tests.e2e.platform import Platform


async def _why(reader: Someone, post: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
    """Whether it is shown, and the rules by name."""
    told = await reader.get(f"/v1/posts/{post['id']}/why")
    return told["shown"], {rule["rule"]: rule for rule in told["rules"]}


def _against(rules: dict[str, Any]) -> list[str]:
    return [name for name, rule in rules.items() if not rule["passes"]]


async def test_a_post_that_home_shows_passes_every_rule_and_names_the_follow(api: Api) -> None:
    author, reader = await api.someone(), await api.someone()
    await reader.follows(author)
    post = await author.post("hello")
    assert await reader.texts("/v1/home") == ["hello"]
    shown, rules = await _why(reader, post)
    assert (shown, _against(rules)) == (True, [])
    [decided] = rules["follow"]["decided_by"]
    assert decided["type"] == "AccountFollowed"
    assert rules["way"]["text"] == "It was put into your home."
    assert rules["follow"]["zh"] == "你关注了作者。"


async def test_each_thing_that_a_reader_did_is_told_to_them(api: Api) -> None:
    author, reader = await api.someone(), await api.someone()
    post = await author.post("hello")
    shown, rules = await _why(reader, post)
    assert (shown, "follow" in _against(rules)) == (False, True)
    await reader.follows(author)
    assert (await _why(reader, post))[1]["way"]["text"] == "It came when you followed its author."
    await reader.does("PUT", f"/v1/accounts/{author.handle}/mute")
    shown, rules = await _why(reader, post)
    assert (shown, _against(rules)) == (False, ["mute"])
    assert [decided["type"] for decided in rules["mute"]["decided_by"]] == ["AccountMuted"]


async def test_that_an_author_blocks_somebody_is_not_told_to_them(api: Api) -> None:
    author, reader = await api.someone(), await api.someone()
    await reader.follows(author)
    post, gone = await author.post("hello"), await author.post("deleted")
    await author.does("DELETE", f"/v1/posts/{gone['id']}")
    await author.does("PUT", f"/v1/accounts/{reader.handle}/block")
    refusals = [
        (await reader.send("GET", f"/v1/posts/{id_}/why")) for id_ in (post["id"], gone["id"], author.id)
    ]  # fmt: skip
    # A block, a deletion and a post that never was are told in the same words.
    assert {reply.refusal for reply in refusals} == {(404, "post-unknown")}
    assert len({reply.body.get("detail") for reply in refusals}) == 1


async def test_a_hidden_reply_is_told_in_the_same_words_whoever_hides_whom(api: Api) -> None:
    asker, answerer, reader, other = [await api.someone() for _ in range(4)]
    question = await asker.post("what do you eat?")
    answer = await answerer.post("dumplings", reply_to=question["id"])
    await reader.follows(answerer, asker)
    await other.follows(answerer)
    await asker.does("PUT", f"/v1/accounts/{reader.handle}/block")
    told = [(await _why(each, answer)) for each in (reader, other)]
    assert [_against(rules) for _, rules in told] == [["reply"], ["reply"]]
    assert told[0][1]["reply"] == told[1][1]["reply"]


async def test_why_needs_an_account(api: Api) -> None:
    author = await api.someone()
    post = await author.post("hello")
    assert (await api.send("GET", f"/v1/posts/{post['id']}/why")).refusal == (401, "sign-in")


@pytest.mark.slow
async def test_the_command_tells_operators_all_with_places_in_the_log(api: Api, platform: Platform) -> None:
    author, reader = await api.someone(), await api.someone()
    await reader.follows(author)
    post = await author.post("hello")
    await author.does("PUT", f"/v1/accounts/{reader.handle}/block")
    await author.get("/v1/home")
    arguments = ("why", post["id"], "--for", f"@{reader.handle}")
    done = await run(*arguments, "--json", **platform.environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["shown"], told["reader_handle"]) == (False, reader.handle)
    [against] = [rule for rule in told["rules"] if not rule["passes"]]
    assert (against["rule"], against["text"]) == ("blocked", "its author blocks the reader")
    [decided] = against["decided_by"]
    assert (decided["type"], decided["by_handle"]) == ("AccountBlocked", author.handle)
    assert decided["place"].startswith("relationships[")
    text = (await run(*arguments, **platform.environment)).stdout
    assert f"{post['id']} is not in the home of @{reader.handle}" in text
    assert f"NO   blocked   its author blocks the reader\n{'':17}AccountBlocked by @{author.handle}" in text

    nobody = await run("why", post["id"], "--for", "nobody_at_all", **platform.environment)
    assert (nobody.returncode, "nobody has the handle" in nobody.stderr) == (2, True)
