"""Pages are full until the history ends, and cursors cannot be made up."""

from tests.e2e.client import Api, Someone


async def _history(author: Someone, count: int) -> list[str]:
    """Ids of numbered posts, in the order of saying them."""
    return [(await author.post(f"no. {number}"))["id"] for number in range(count)]


async def test_every_post_is_on_one_page_and_every_page_but_the_last_is_full(api: Api) -> None:
    author, reader = await api.someone(), await api.someone()
    await reader.follows(author)
    await _history(author, 23)
    newest_first = [f"no. {number}" for number in reversed(range(23))]

    for path in ("/v1/home", f"/v1/accounts/{author.handle}/posts"):
        pages = await reader.pages(path, 5)
        assert [text for page in pages for text in page] == newest_first
        assert [len(page) for page in pages] == [5, 5, 5, 5, 3]


async def test_what_is_filtered_out_leaves_no_hole_in_a_page(api: Api) -> None:
    author, muted, reader = await api.someone(), await api.someone(), await api.someone()
    await reader.follows(author, muted)
    ids = []
    for number in range(8):
        ids += await _history(author, 1)
        await muted.post(f"muted {number}")
    await reader.does("PUT", f"/v1/accounts/{muted.handle}/mute")
    for post in ids[2:6]:
        await author.does("DELETE", f"/v1/posts/{post}")

    pages = await reader.pages("/v1/home", 2)
    assert [len(page) for page in pages if page] == [2, 2]
    assert "muted" not in str(pages)


async def test_a_post_that_comes_meanwhile_repeats_nothing_on_later_pages(api: Api) -> None:
    author = await api.someone()
    await _history(author, 4)
    first = await author.get("/v1/home?limit=2")
    await author.post("new")
    second = await author.get(f"/v1/home?limit=2&cursor={first['next_cursor']}")
    assert [card["text"] for card in first["items"] + second["items"]] == ["no. 0", "no. 1", "no. 2", "no. 3"][::-1]


async def test_a_cursor_is_good_for_its_list_and_its_reader_only(api: Api) -> None:
    author, other = await api.someone(), await api.someone()
    await _history(author, 3)
    cursor = (await author.get("/v1/home?limit=1"))["next_cursor"]
    assert (await author.send("GET", f"/v1/home?limit=1&cursor={cursor}")).status == 200

    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for who, path in (
        (author, f"/v1/home?cursor={changed}"),
        (author, f"/v1/home?cursor={cursor}.{cursor}"),
        (author, "/v1/home?cursor=abc"),
        (author, f"/v1/saved?cursor={cursor}"),
        (author, f"/v1/accounts/{author.handle}/posts?cursor={cursor}"),
        (other, f"/v1/home?cursor={cursor}"),
    ):
        reply = await who.send("GET", path)
        assert reply.refusal == (400, "malformed"), path
        assert reply.fields == ["cursor"]
