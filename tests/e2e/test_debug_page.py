"""/debug: what admins see in a browser, who may not come in, and what no other site can do."""

import shutil
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from tests.e2e.client import PASSWORD, Api
from tests.e2e.conftest import ADMIN
from tests.e2e.platform import Platform

pytestmark = [pytest.mark.slow, pytest.mark.may_stall]

PATHS = ("/debug", "/debug/parked", "/debug/lag", "/debug/posts/0194a6c2-8f3e-7c41-9b1a-5d2f6e7a8b90")


@pytest_asyncio.fixture
async def page(platform: Platform) -> AsyncIterator[Page]:
    """An empty tab of a real browser, in which every error of a page fails the test."""
    chromium = shutil.which("chromium")
    assert chromium, "chromium is not there: `make browser` installs it"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page(base_url=platform.url)
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(15_000)
        yield page
        await browser.close()
        assert errors == []


async def _sign_in(page: Page) -> None:
    await page.goto("/debug")
    await page.get_by_label("Handle 用户名").fill(ADMIN)
    await page.get_by_label("Password 密码").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in 登录").click()
    await expect(page.get_by_role("heading", name="Events 事件")).to_be_visible()


async def test_an_admin_signs_in_browses_events_and_follows_a_post(api: Api, page: Page, admin: str) -> None:
    author, reader = await api.someone(), await api.someone()
    post = await author.post("<script>alert(1)</script>")
    await reader.does("PUT", f"/v1/posts/{post['id']}/like")
    await reader.get("/v1/home")
    await _sign_in(page)

    await page.get_by_label("Topic 主题").select_option("posts")
    await page.get_by_label("Key 键").fill(post["id"])
    await page.get_by_role("button", name="Filter 筛选").click()
    await expect(page.locator("table tr")).to_have_count(2)
    await expect(page.locator("table")).to_contain_text("PostCreated")
    await expect(page.locator("table")).to_contain_text(f"@{author.handle}")

    await page.get_by_role("link", name=post["id"]).click()
    await expect(page.get_by_role("heading", name="Journey of a post 帖子的旅程")).to_be_visible()
    journey = page.locator("ul.journey")
    for part in ("PostCreated", "PostLiked", f"@{reader.handle}", "folded 已处理", "feeds.cards", "as written 如写入"):
        await expect(journey).to_contain_text(part)

    await page.get_by_role("link", name="Lag 延迟").click()
    await expect(page.get_by_role("row", name="feeds posts")).to_be_visible()
    await page.get_by_role("link", name="Parked 搁置").click()
    await expect(page.get_by_role("heading", name="Parked events 搁置的事件")).to_be_visible()


async def test_who_signs_out_sees_nothing_more(page: Page, admin: str) -> None:
    await _sign_in(page)
    await page.get_by_role("button", name="Sign out 退出").click()
    await expect(page.get_by_role("heading", name="Sign in 登录")).to_be_visible()
    await page.goto("/debug/lag")
    await expect(page.get_by_role("heading", name="Sign in 登录")).to_be_visible()


async def test_older_events_are_one_link_away(api: Api, page: Page, admin: str) -> None:
    author = await api.someone()
    for number in range(60):
        await author.post(f"no. {number}")
    await _sign_in(page)
    await page.goto(f"/debug?topic=posts&actor={author.id}")
    first = await page.locator("table tr td:nth-child(2)").all_inner_texts()
    await page.get_by_role("link", name="Older 更早").click()
    await expect(page.locator("table tr td:nth-child(2)").first).not_to_have_text(first[0])
    second = await page.locator("table tr td:nth-child(2)").all_inner_texts()
    assert len(first) >= 50
    assert len({*first, *second}) == len(first) + len(second) == 60


@pytest_asyncio.fixture
async def http(platform: Platform) -> AsyncIterator[aiohttp.ClientSession]:
    """A client without a browser's manners."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(platform.url, cookie_jar=jar) as session:
        yield session


async def _enter(http: aiohttp.ClientSession, handle: str, password: str = PASSWORD, **headers: str) -> Any:
    form = {"handle": handle, "password": password}
    async with http.post("/debug/sign-in", data=form, headers=headers, allow_redirects=False) as answer:
        await answer.read()
        return answer


@pytest.mark.parametrize("path", PATHS)
async def test_who_is_not_signed_in_is_led_to_the_form(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/debug/sign-in")


async def test_the_cookie_is_out_of_the_reach_of_scripts_and_other_sites(
    http: aiohttp.ClientSession, admin: str
) -> None:
    answer = await _enter(http, ADMIN)
    assert (answer.status, answer.headers["Location"]) == (303, "/debug")
    parts = {part.strip() for part in answer.headers["Set-Cookie"].split(";")[1:]}
    assert parts == {"HttpOnly", "SameSite=Strict", "Path=/debug", "Max-Age=3600"}


async def test_a_page_allows_no_script_and_no_frame(http: aiohttp.ClientSession, admin: str) -> None:
    await _enter(http, ADMIN)
    async with http.get("/debug") as answer:
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "<script" not in await answer.text()
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy


async def test_a_wrong_password_and_somebody_who_is_no_admin_are_refused_in_the_same_words(
    api: Api, http: aiohttp.ClientSession, admin: str
) -> None:
    other = await api.someone()
    for handle, password in ((ADMIN, "wrong password"), (other.handle, PASSWORD)):
        answer = await _enter(http, handle, password)
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://["}, {"Sec-Fetch-Site": "cross-site"}],
)
async def test_a_form_of_another_site_signs_nobody_in(
    http: aiohttp.ClientSession, admin: str, headers: dict[str, str]
) -> None:
    answer = await _enter(http, ADMIN, **headers)
    assert (answer.status, "Set-Cookie" in answer.headers) == (403, False)


async def test_a_made_up_cookie_opens_nothing(http: aiohttp.ClientSession, admin: str) -> None:
    async with http.get("/debug", headers={"Cookie": "qiao_debug=made.up"}, allow_redirects=False) as answer:
        assert answer.status == 303


async def test_what_cannot_be_shown_is_a_page_that_says_so(http: aiohttp.ClientSession, admin: str) -> None:
    await _enter(http, ADMIN)
    for path, status in (("/debug/posts/nonsense", 404), (PATHS[-1], 404), ("/debug?before=soon", 422)):
        async with http.get(path) as answer:
            assert (answer.status, answer.content_type) == (status, "text/html"), path
