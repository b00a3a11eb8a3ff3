"""Joining, signing in, and the sessions that follow."""

from uuid import UUID, uuid4

from tests.e2e.client import PASSWORD, Api


async def test_who_joins_is_signed_in_and_has_a_profile(api: Api) -> None:
    handle = f"mei_{uuid4().hex[:8]}"
    reply = await api.register(handle, display_name="小梅", reads=["zh-Hans", "en"], writes="zh-Hans")

    assert reply.status == 201
    assert reply.body.keys() >= {"account", "access_token", "refresh_token"}
    account = reply.body["account"]
    assert (account["handle"], account["display_name"], account["writes"]) == (handle, "小梅", "zh-Hans")
    assert UUID(account["id"]).version == 7

    profile = await api.send("GET", f"/v1/accounts/{handle.upper()}", token=reply.body["access_token"])
    assert profile.body["id"] == account["id"]
    assert profile.body["display_name"] == "小梅"
    assert profile.body["counts"] == {"followers": 0, "following": 0}


async def test_a_handle_is_given_once(api: Api) -> None:
    first = await api.someone()
    reply = await api.register(first.handle)
    assert reply.refusal == (409, "handle-taken")
    assert reply.fields == ["/handle"]


async def test_signing_in_takes_the_password_and_does_not_tell_which_was_wrong(api: Api) -> None:
    someone = await api.someone()

    right = await api.send("POST", "/v1/sessions", {"handle": someone.handle.upper(), "password": PASSWORD})
    assert right.status == 200
    assert right.body["account_id"] == someone.id

    wrong = await api.send("POST", "/v1/sessions", {"handle": someone.handle, "password": "guessed it"})
    nobody = await api.send("POST", "/v1/sessions", {"handle": f"no_{uuid4().hex[:8]}", "password": PASSWORD})
    assert wrong.refusal == nobody.refusal == (401, "bad-credentials")
    assert {**wrong.body, "request_id": ""} == {**nobody.body, "request_id": ""}


async def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_session(api: Api) -> None:
    someone = await api.someone()

    async def renew(token: str) -> object:
        reply = await api.send("POST", "/v1/sessions/refresh", {"refresh_token": token})
        return reply.body["refresh_token"] if reply.status == 200 else reply.refusal

    second = await renew(someone.refresh_token)
    third = await renew(str(second))
    assert len({someone.refresh_token, second, third}) == 3

    assert await renew(someone.refresh_token) == (401, "session-over")
    assert await renew(str(third)) == (401, "session-over"), "the thief, or the robbed, has it: nobody may go on"


async def test_other_sessions_outlive_one_that_ended(api: Api) -> None:
    someone = await api.someone()
    other = await api.send("POST", "/v1/sessions", {"handle": someone.handle, "password": PASSWORD})

    ended = await api.send("POST", "/v1/sessions/end", {"refresh_token": someone.refresh_token})
    assert ended.status == 204

    over = await api.send("POST", "/v1/sessions/refresh", {"refresh_token": someone.refresh_token})
    assert over.refusal == (401, "session-over")
    good = await api.send("POST", "/v1/sessions/refresh", {"refresh_token": other.body["refresh_token"]})
    assert good.status == 200


async def test_what_needs_an_account_says_so(api: Api) -> None:
    reply = await api.send("GET", "/v1/home")
    assert reply.refusal == (401, "sign-in")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    changed = await api.send("GET", "/v1/home", token=(await api.someone()).token[:-2] + "xx")
    assert changed.refusal == (401, "sign-in")
