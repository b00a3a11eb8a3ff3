"""`qiao capture` beside a running platform, on both twins: its examples, keys, refusals, and its test files."""

import asyncio
import subprocess
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from libs.events import open_token
from libs.log.slices import Manifest, WrongPassphrase, open_keys
from tests.e2e.client import Api
from tests.e2e.commands import QIAO, TIMEOUT, environment, run
from tests.e2e.platform import Platform
from tests.property.capturing import read_slice

pytestmark = pytest.mark.slow


async def capture(
    folder: Path, *arguments: str, given: Mapping[str, str], command: tuple[str, ...] = (*QIAO, "capture")
) -> subprocess.CompletedProcess[str]:
    """Run it in a folder of its own."""

    def call() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *arguments],
            env=environment(given),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    return await asyncio.to_thread(call)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_the_examples_of_its_help_work_on_the_sample_world(platform: Platform, tmp_path: Path) -> None:
    assert (await run("seed", **platform.environment)).returncode == 0
    for line in (
        "lately.qiao --from -15m",
        "mei.qiao --account @mei --closure",
        "posts.qiao --topic posts --json",
        "--as-test mei_is_liked --account @mei --closure",
    ):
        done = await capture(tmp_path, *line.split(), given=platform.environment)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
    _, manifest = await read_slice(tmp_path / "mei.qiao")
    assert manifest.is_complete_for("account", manifest.complete_for[0].name)
    # The test that was written folds to what was written down, and says which rows differ when they do.
    tests = ("tests/slices/test_mei_is_liked.py",)
    pytest_command = (QIAO[0], "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path))
    here = {"PYTHONPATH": str(Path(__file__).parents[2])}
    passed = await capture(tmp_path, *tests, given=here, command=pytest_command)
    assert passed.returncode == 0, passed.stdout
    rows = tmp_path / "tests/slices/mei_is_liked.rows.json"
    expected = msgspec.json.decode(rows.read_bytes())
    key = next(key for key in expected if "feeds.tallies" in key)
    expected[key]["count"] += 1
    rows.write_bytes(msgspec.json.encode(expected))
    failed = await capture(tmp_path, *tests, given=here, command=pytest_command)
    assert failed.returncode == 1
    assert f"  - count: {expected[key]['count']}" in failed.stdout
    assert f"  + count: {expected[key]['count'] - 1}" in failed.stdout


async def test_a_post_is_captured_with_who_follows_its_author_and_who_likes_it(
    api: Api, platform: Platform, tmp_path: Path
) -> None:
    author, reader, stranger = await api.someone(), await api.someone(), await api.someone()
    await reader.does("PUT", f"/v1/accounts/{author.handle}/follow")
    post = await author.post("captured")
    other = await stranger.post("not captured")
    await reader.does("PUT", f"/v1/posts/{post['id']}/like")
    out = tmp_path / "post.qiao"
    done = await run("capture", str(out), "--post", post["id"], "--closure", "--json", **platform.environment)
    assert done.returncode == 0, done.stderr
    printed = msgspec.json.decode(done.stdout, type=Manifest)
    records, manifest = await read_slice(out)
    assert printed == manifest
    types = sorted(value.decode() for record in records for name, value in record.headers if name == "ce_type")
    assert types == ["AccountFollowed", "AccountRegistered", "AccountRegistered", "PostCreated", "PostLiked"]
    assert not [record for record in records if other["id"].encode() in record.value]
    assert manifest.is_complete_for("post", post["id"])
    assert not manifest.is_complete_for("everything")


async def test_keys_leave_under_a_passphrase_only_and_on_the_record(
    api: Api, platform: Platform, tmp_path: Path
) -> None:
    author = await api.someone()
    post = await author.post("for who has the passphrase")
    out, given = tmp_path / "keys.qiao", {**platform.environment, "QIAO_PASSPHRASE": "correct horse"}
    arguments = ("capture", str(out), "--post", post["id"], "--closure", "--with-keys")
    refused = await run(*arguments, **platform.environment)
    assert refused.returncode == 2
    assert "needs a passphrase" in refused.stderr
    done = await run(*arguments, **given)
    assert done.returncode == 0, done.stderr
    assert "leave with the slice keys.qiao" in done.stderr
    records, manifest = await read_slice(out)
    assert manifest.keys is not None
    assert manifest.keys.accounts == 1
    [created] = [record for record in records if record.topic == "posts"]
    token = msgspec.json.decode(created.value)["text"]
    with pytest.raises(WrongPassphrase):
        await open_keys(out, "wrong")
    [key] = (await (await open_keys(out, "correct horse")).keys_for([UUID(author.id)])).values()
    assert open_token(token, key) == "for who has the passphrase"


async def test_what_is_not_there_is_refused_and_leaves_nothing(platform: Platform, api: Api, tmp_path: Path) -> None:
    await api.someone()
    out = tmp_path / "none.qiao"
    for arguments, said in (
        (("--account", "@nobody_at_all"), "nobody is called @nobody_at_all"),
        (("--post", str(uuid4())), "nothing of what was named"),
        (("--post", str(uuid4()), "--closure"), "nothing of what was named"),
        (("--topic", "weather"), "no topic weather"),
    ):
        done = await run("capture", str(out), *arguments, **platform.environment)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert _files(tmp_path) == []
    wrong = await run("capture", str(out), "--from", "-5x", **platform.environment)
    assert wrong.returncode == 2
    assert "^" in wrong.stderr


async def test_a_slice_of_a_slice_is_the_slice(api: Api, platform: Platform, tmp_path: Path) -> None:
    post = await (await api.someone()).post("twice")
    first, second = tmp_path / "first.qiao", tmp_path / "second.qiao"
    asked = ("--post", post["id"], "--closure")
    assert (await run("capture", str(first), *asked, **platform.environment)).returncode == 0
    done = await run("capture", str(second), "--source", str(first), *asked, **platform.environment)
    assert done.returncode == 0, done.stderr
    (one, had), (two, has) = await read_slice(first), await read_slice(second)
    assert one == two
    assert (has.source, has.complete_for, has.epochs) == ("slice", had.complete_for, had.epochs)
