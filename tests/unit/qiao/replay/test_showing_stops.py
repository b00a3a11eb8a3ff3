"""What a stop shows of an event: also what its second phase goes by."""

from contextlib import suppress
from pathlib import Path

from libs.events import AccountFollowed, PostCreated
from qiao.replay.asking import shown
from qiao.replay.opening import open_replay
from qiao.replay.stepping import Quit, Stepper, Stop, Stops
from qiao.replay.until import Until
from qiao.settings import Settings
from qiao.sources import open_source
from tests.unit.qiao.story import FIRST, LIN, MEI, Story, registered

SETTINGS = Settings()


async def test_a_stop_shows_the_followers_that_fan_out_reads(tmp_path: Path) -> None:
    story = Story()
    story.tell(registered(MEI, "mei"), 0, MEI)
    story.tell(AccountFollowed(account=LIN, target=MEI), 1, LIN)
    story.tell(PostCreated(post=FIRST, author=MEI, text="hello", lang="en"), 10, MEI, FIRST)
    log, said = await story.write(tmp_path / "log.db"), list[str]()

    async def look(stop: Stop) -> Stops:
        said.extend(text.plain for text in shown(stop, {}))
        raise Quit

    async with (
        open_source(str(log), SETTINGS) as source,
        open_replay(SETTINGS, source, Until(), tmp_path / "r", ["feeds"]) as replay,
    ):
        stepper = Stepper(replay.replayer, lambda record: record.topic == "posts", look)
        with suppress(Quit):
            await stepper.run(source.log, await replay.left(), replay.until)
    then = next(n for n, line in enumerate(said) if line.startswith(f"    then   feeds.followers({MEI}"))
    assert said[then].endswith("  1 rows")
    assert str(LIN) in said[then + 1]
    assert any(line.startswith("    then   feeds.pulled(") and line.endswith("nothing") for line in said)
