"""Three people who have said and done things, and all that they see: the same before and after a disaster."""

from typing import Any

from tests.e2e.client import PASSWORD, Api, Someone


class Town:
    """People who have said and done things, and all that they see."""

    def __init__(self) -> None:
        """Nobody is there yet."""
        self.people: list[Someone] = []
        self.thread = ""

    async def live(self, api: Api) -> None:
        """Follows, posts, an answer, likes, one of them taken back, a deletion."""
        mei, tom, lin = [await api.someone(name) for name in ("mei", "tom", "lin")]
        self.people = [mei, tom, lin]
        await tom.follows(mei, lin)
        await lin.follows(mei)
        first, second = await mei.post("今天的猫税 #猫税"), await mei.post("a photo of noodles #food")
        await tom.post("my cat, too", reply_to=first["id"])
        for who in (tom, lin):
            await who.does("PUT", f"/v1/posts/{first['id']}/like")
        await lin.does("DELETE", f"/v1/posts/{first['id']}/like")
        await tom.does("PUT", f"/v1/posts/{second['id']}/save")
        gone = await lin.post("never mind")
        await lin.does("DELETE", f"/v1/posts/{gone['id']}")
        self.thread = first["id"]

    async def seen(self, api: Api) -> dict[str, Any]:
        """Every page of everyone, signed in anew with the password of before."""
        found: dict[str, Any] = {}
        for one in self.people:
            now = await _signed_in(api, one)
            for path in ("home", "saved", f"accounts/{one.handle}", f"accounts/{one.handle}/posts"):
                found[f"{one.handle} {path}"] = await now.get(f"/v1/{path}")
            found[f"{one.handle} thread"] = await now.get(f"/v1/posts/{self.thread}/thread")
        return found

    async def goes_on(self, api: Api) -> None:
        """New posts reach homes, new likes are counted, on top of those of before."""
        mei, tom, _ = [await _signed_in(api, one) for one in self.people]
        await mei.post("we are back")
        assert await tom.texts("/v1/home?limit=1") == ["we are back"]
        await mei.does("PUT", f"/v1/posts/{self.thread}/like")
        assert (await mei.get(f"/v1/posts/{self.thread}"))["counts"]["likes"] == 2


async def _signed_in(api: Api, one: Someone) -> Someone:
    """The same person, by the password of before."""
    answer = await api.send("POST", "/v1/sessions", {"handle": one.handle, "password": PASSWORD})
    assert answer.status in (200, 201), answer
    account = {"handle": one.handle, "id": one.id}
    return Someone(api, {"account": account, "access_token": answer.body["access_token"], "refresh_token": ""})
