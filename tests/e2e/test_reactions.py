"""Likes and saves."""

from tests.e2e.client import Api


async def test_a_like_counts_once_and_can_be_taken_back(api: Api) -> None:
    author, fan = await api.someone(), await api.someone()
    path = f"/v1/posts/{(await author.post('like me'))['id']}"
    await fan.does("PUT", f"{path}/like")
    await fan.does("PUT", f"{path}/like")
    await author.does("PUT", f"{path}/like")

    liked = await fan.get(path)
    assert liked["counts"]["likes"] == 2
    assert liked["viewer"] == {"liked": True, "saved": False}

    await fan.does("DELETE", f"{path}/like")
    await fan.does("DELETE", f"{path}/like")
    unliked = await fan.get(path)
    assert unliked["counts"]["likes"] == 1
    assert unliked["viewer"]["liked"] is False
    assert (await author.get(path))["viewer"]["liked"] is True


async def test_saved_posts_are_listed_last_saved_first(api: Api) -> None:
    author, fan = await api.someone(), await api.someone()
    paths = [f"/v1/posts/{(await author.post(text))['id']}" for text in ("one", "two", "three")]
    for path in (paths[1], paths[2], paths[0]):
        await fan.does("PUT", f"{path}/save")
    assert await fan.pages("/v1/saved", 2) == [["one", "three"], ["two"]]

    await fan.does("DELETE", f"{paths[2]}/save")
    await fan.does("PUT", f"{paths[1]}/save")
    assert await fan.texts("/v1/saved") == ["one", "two"], "a repeated save changes nothing"
    await fan.does("DELETE", f"{paths[1]}/save")
    await fan.does("PUT", f"{paths[1]}/save")
    assert await fan.texts("/v1/saved") == ["two", "one"]
    assert (await fan.get(paths[1]))["counts"]["saves"] == 1
    assert await author.texts("/v1/saved") == []
