"""Posts: said, answered, edited, deleted, found by topic."""

from datetime import datetime
from urllib.parse import quote
from uuid import uuid4

from tests.e2e.client import Api


async def test_a_post_is_a_card_with_everything_that_clients_rely_on(api: Api) -> None:
    author = await api.someone(display_name="Mei 梅", writes="zh-Hans")
    card = await author.post("今天的猫税 #猫税 #CatTax")

    assert card == await author.get(f"/v1/posts/{card['id']}")
    assert card["text"] == "今天的猫税 #猫税 #CatTax"
    assert card["author"] == {"id": author.id, "handle": author.handle, "display_name": "Mei 梅", "avatar": None}
    assert (card["lang"], card["media"], card["reply_to"], card["edited_at"]) == ("zh-Hans", [], None, None)
    assert card["topics"] == ["猫税", "cattax"]
    assert card["counts"] == {"likes": 0, "saves": 0, "replies": 0}
    assert card["viewer"] == {"liked": False, "saved": False}
    assert datetime.fromisoformat(card["created_at"]).tzinfo is not None


async def test_a_post_shows_to_who_is_not_signed_in(api: Api) -> None:
    author = await api.someone()
    post = await author.post("hello, everyone")
    assert (await api.send("GET", f"/v1/posts/{post['id']}")).body["text"] == "hello, everyone"
    assert (await api.send("GET", f"/v1/accounts/{author.handle}/posts")).body["items"][0]["id"] == post["id"]


async def test_an_edit_shows_in_place_and_says_when(api: Api) -> None:
    author = await api.someone()
    post = await author.post("tpyo #food")
    await author.does("PATCH", f"/v1/posts/{post['id']}", {"text": "typo #pets"})
    await author.does("PATCH", f"/v1/posts/{post['id']}", {"text": "typo, mended #pets", "lang": "en-GB"})

    card = await author.get(f"/v1/posts/{post['id']}")
    assert (card["text"], card["topics"], card["lang"]) == ("typo, mended #pets", ["pets"], "en-GB")
    assert card["edited_at"] >= card["created_at"] == post["created_at"]
    assert await author.texts("/v1/home") == ["typo, mended #pets"]


async def test_a_deleted_post_is_gone_everywhere_for_good(api: Api) -> None:
    author, fan = await api.someone(), await api.someone()
    topic = f"t{uuid4().hex[:8]}"
    await fan.follows(author)
    post = await author.post(f"soon gone #{topic}")
    await fan.does("PUT", f"/v1/posts/{post['id']}/save")
    await author.does("DELETE", f"/v1/posts/{post['id']}")

    assert (await fan.send("GET", f"/v1/posts/{post['id']}")).refusal == (404, "post-unknown")
    places = ("/v1/home", "/v1/saved", f"/v1/accounts/{author.handle}/posts", f"/v1/topics/{topic}/posts")
    assert [await fan.texts(path) for path in places] == [[], [], [], []]
    for method, path, body in (
        ("PATCH", f"/v1/posts/{post['id']}", {"text": "back"}),
        ("DELETE", f"/v1/posts/{post['id']}", None),
        ("PUT", f"/v1/posts/{post['id']}/like", None),
        ("PUT", f"/v1/posts/{post['id']}/save", None),
    ):
        assert (await author.send(method, path, body)).refusal == (404, "post-unknown"), (method, path)


async def test_only_its_author_changes_a_post(api: Api) -> None:
    author, other = await api.someone(), await api.someone()
    post = await author.post("mine")
    edited = await other.send("PATCH", f"/v1/posts/{post['id']}", {"text": "yours"})
    deleted = await other.send("DELETE", f"/v1/posts/{post['id']}")
    assert edited.refusal == deleted.refusal == (403, "post-not-yours")
    assert (await other.get(f"/v1/posts/{post['id']}"))["text"] == "mine"


async def test_a_thread_is_its_first_post_and_every_answer_in_the_order_of_writing(api: Api) -> None:
    asker, answerer = await api.someone(), await api.someone()
    root = await asker.post("what is in baozi?")
    first = await answerer.post("pork", reply_to=root["id"])
    deeper = await asker.post("only pork?", reply_to=first["id"])
    await answerer.post("or beans", reply_to=root["id"])

    assert first["reply_to"] == {"post": root["id"], "root": root["id"]}
    assert deeper["reply_to"] == {"post": first["id"], "root": root["id"]}
    for post in (root, first, deeper):
        thread = await asker.pages(f"/v1/posts/{post['id']}/thread", 3)
        assert [text for page in thread for text in page] == ["what is in baozi?", "pork", "only pork?", "or beans"]
    assert (await asker.get(f"/v1/posts/{root['id']}"))["counts"]["replies"] == 2
    await answerer.does("DELETE", f"/v1/posts/{first['id']}")
    assert (await asker.get(f"/v1/posts/{root['id']}"))["counts"]["replies"] == 1


async def test_the_thread_of_a_deleted_post_is_gone_like_the_post_and_what_was_answered_below_it_stays(
    api: Api,
) -> None:
    asker, answerer = await api.someone(), await api.someone()
    root = await asker.post("what is in baozi?")
    middle = await answerer.post("pork", reply_to=root["id"])
    below = await asker.post("only pork?", reply_to=middle["id"])
    left = ["what is in baozi?", "only pork?"]
    for gone, way_in in ((middle, root), (root, below)):
        await (answerer if gone is middle else asker).does("DELETE", f"/v1/posts/{gone['id']}")
        for path in (f"/v1/posts/{gone['id']}", f"/v1/posts/{gone['id']}/thread"):
            assert (await asker.send("GET", path)).refusal == (404, "post-unknown")
        assert await asker.texts(f"/v1/posts/{way_in['id']}/thread") == left
        left = left[1:]
    assert (await asker.get(f"/v1/posts/{below['id']}"))["text"] == "only pork?"


async def test_what_is_gone_or_never_was_cannot_be_answered(api: Api) -> None:
    author = await api.someone()
    gone = await author.post("gone in a moment")
    await author.does("DELETE", f"/v1/posts/{gone['id']}")
    for parent in (gone["id"], "01890000-0000-7000-8000-000000000000"):
        reply = await author.send("POST", "/v1/posts", {"text": "hm", "reply_to": parent})
        assert reply.refusal == (422, "parent-unknown")
        assert reply.fields == ["/reply_to"]


async def test_topics_are_found_in_both_languages_however_they_are_written(api: Api) -> None:
    author, mark = await api.someone(), uuid4().hex[:8]
    await author.post(f"paid #CatTax{mark}")
    await author.post(f"交了 ＃猫税{mark}")

    assert await author.texts(f"/v1/topics/cattax{mark}/posts") == [f"paid #CatTax{mark}"]
    assert await author.texts(f"/v1/topics/CATTAX{mark}/posts") == [f"paid #CatTax{mark}"]
    assert await author.texts(f"/v1/topics/%23cattax{mark}/posts") == [f"paid #CatTax{mark}"]
    assert await author.texts(f"/v1/topics/{quote('猫税')}{mark}/posts") == [f"交了 ＃猫税{mark}"]


async def test_an_edit_takes_a_post_out_of_the_topic_that_it_names_no_more(api: Api) -> None:
    author, mark = await api.someone(), uuid4().hex[:8]
    post = await author.post(f"#old{mark}")
    await author.does("PATCH", f"/v1/posts/{post['id']}", {"text": f"#new{mark}"})
    assert await author.texts(f"/v1/topics/old{mark}/posts") == []
    assert await author.texts(f"/v1/topics/new{mark}/posts") == [f"#new{mark}"]
