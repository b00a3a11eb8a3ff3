"""Following, muting and blocking, and what each changes of what one reads."""

from tests.e2e.client import Api


async def test_home_holds_my_posts_and_those_of_whom_i_follow_newest_first(api: Api) -> None:
    reader, friend, stranger = await api.someone(), await api.someone(), await api.someone()
    await friend.post("before the follow")
    await reader.follows(friend)
    await stranger.post("nobody follows me")
    await reader.post("mine")
    await friend.post("after the follow")

    assert await reader.texts("/v1/home") == ["after the follow", "mine", "before the follow"]


async def test_who_unfollows_sees_nothing_of_them_and_all_of_it_after_following_again(api: Api) -> None:
    reader, friend = await api.someone(), await api.someone()
    await reader.follows(friend)
    await friend.post("one")
    await reader.does("DELETE", f"/v1/accounts/{friend.handle}/follow")
    await friend.post("two")
    assert await reader.texts("/v1/home") == []

    await reader.follows(friend)
    assert await reader.texts("/v1/home") == ["two", "one"]


async def test_following_twice_counts_once(api: Api) -> None:
    reader, friend = await api.someone(), await api.someone()
    await reader.follows(friend, friend)

    profile = await reader.get(f"/v1/accounts/{friend.handle}")
    assert profile["counts"] == {"followers": 1, "following": 0}
    assert profile["viewer"] == {"following": True, "muting": False, "blocking": False}

    await reader.does("DELETE", f"/v1/accounts/{friend.handle}/follow")
    await reader.does("DELETE", f"/v1/accounts/{friend.handle}/follow")
    assert (await reader.get(f"/v1/accounts/{friend.handle}"))["counts"]["followers"] == 0


async def test_a_reply_is_in_the_homes_of_those_who_follow_both_sides(api: Api) -> None:
    asker, answerer, both, one = [await api.someone() for _ in range(4)]
    await both.follows(asker, answerer)
    await one.follows(answerer)
    question = await asker.post("what do you eat?")
    await answerer.post("dumplings", reply_to=question["id"])

    assert await both.texts("/v1/home") == ["dumplings", "what do you eat?"]
    assert await one.texts("/v1/home") == []


async def test_ones_own_reply_to_somebody_one_does_not_follow_stands_in_profile_and_thread_and_not_in_ones_home(
    api: Api,
) -> None:
    asker, answerer = await api.someone(), await api.someone()
    question = await asker.post("what is in baozi?")
    await answerer.post("pork", reply_to=question["id"])
    await answerer.post("good night")

    assert await answerer.texts("/v1/home") == ["good night"]
    assert await answerer.texts(f"/v1/accounts/{answerer.handle}/posts") == ["good night", "pork"]
    assert await answerer.texts(f"/v1/posts/{question['id']}/thread") == ["what is in baozi?", "pork"]

    await answerer.follows(asker)
    assert await answerer.texts("/v1/home") == ["good night", "pork", "what is in baozi?"]


async def test_a_mute_hides_them_from_my_home_and_not_from_their_profile(api: Api) -> None:
    reader, loud = await api.someone(), await api.someone()
    await reader.follows(loud)
    await loud.post("LOUD")
    await reader.does("PUT", f"/v1/accounts/{loud.handle}/mute")

    assert await reader.texts("/v1/home") == []
    assert await reader.texts(f"/v1/accounts/{loud.handle}/posts") == ["LOUD"]

    await reader.does("DELETE", f"/v1/accounts/{loud.handle}/mute")
    assert await reader.texts("/v1/home") == ["LOUD"]


async def test_a_block_hides_both_from_each_other_until_it_is_taken_back(api: Api) -> None:
    blocker, blocked = await api.someone(), await api.someone()
    await blocker.follows(blocked)
    await blocked.follows(blocker)
    theirs, mine = await blocked.post("theirs"), await blocker.post("mine")
    await blocker.does("PUT", f"/v1/accounts/{blocked.handle}/block")

    assert await blocker.texts("/v1/home") == ["mine"]
    assert await blocked.texts("/v1/home") == ["theirs"]
    assert (await blocked.send("GET", f"/v1/posts/{mine['id']}")).refusal == (404, "post-unknown")
    assert (await blocker.send("GET", f"/v1/posts/{theirs['id']}")).refusal == (404, "post-unknown")
    assert await blocked.texts(f"/v1/accounts/{blocker.handle}/posts") == []

    await blocker.does("DELETE", f"/v1/accounts/{blocked.handle}/block")
    assert await blocked.texts("/v1/home") == ["mine", "theirs"]


async def test_to_whom_they_block_somebody_has_no_profile_and_who_blocks_can_see_whom(api: Api) -> None:
    blocker, blocked = await api.someone(), await api.someone()
    await blocker.does("PUT", f"/v1/accounts/{blocked.handle}/block")

    assert (await blocked.send("GET", f"/v1/accounts/{blocker.handle}")).refusal == (404, "account-unknown")
    assert (await api.send("GET", f"/v1/accounts/{blocker.handle}")).status == 200
    assert (await blocker.get(f"/v1/accounts/{blocked.handle}"))["viewer"]["blocking"]

    await blocker.does("DELETE", f"/v1/accounts/{blocked.handle}/block")
    assert (await blocked.get(f"/v1/accounts/{blocker.handle}"))["handle"] == blocker.handle


async def test_who_is_blocked_can_neither_follow_nor_answer_nor_like(api: Api) -> None:
    blocker, blocked = await api.someone(), await api.someone()
    post = await blocker.post("leave me alone")
    await blocker.does("PUT", f"/v1/accounts/{blocked.handle}/block")

    follow = await blocked.send("PUT", f"/v1/accounts/{blocker.handle}/follow")
    answer = await blocked.send("POST", "/v1/posts", {"text": "but", "reply_to": post["id"]})
    like = await blocked.send("PUT", f"/v1/posts/{post['id']}/like")
    assert follow.refusal == answer.refusal == like.refusal == (403, "blocked")


async def test_nobody_relates_to_themselves_or_to_nobody(api: Api) -> None:
    someone = await api.someone()
    for what in ("follow", "mute", "block"):
        assert (await someone.send("PUT", f"/v1/accounts/{someone.handle}/{what}")).refusal == (422, "yourself")
        assert (await someone.send("PUT", f"/v1/accounts/not_there_at_all/{what}")).refusal == (404, "account-unknown")
