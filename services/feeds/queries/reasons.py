"""What the rules of `why` say in words: to the reader in English and Chinese, to an operator about the reader."""

from collections.abc import Mapping
from typing import NamedTuple

from services.feeds.queries.why import Rule, Ruling


class Words(NamedTuple):
    """One reason."""

    operator: str
    """About "the reader", for who may know everything."""
    en: str = ""
    """To the reader; empty for what they are never told."""
    zh: str = ""
    """The same in Chinese."""


_ONE_SIDE = Words(
    "",
    "It answers someone who is not in your home: a reply shows only where both sides are.",
    "它回复的人不在你的首页里：只有双方都在你的首页时，回复才会显示。",
)
"""The same for every cause: whether somebody blocks the reader is not for them to learn here."""

_BEHIND = ("Something is still on its way: try again in a moment.", "有些内容还在路上，请稍后再试。")
_PULLED = ("It is read from its author's own timeline.", "它是从作者自己的时间线读取的。")
_HERE = ("Everything that was said has arrived.", "所有内容都已到达。")

WORDS: Mapping[tuple[Rule, str], Words] = {
    ("position", "not asked"): Words("nobody asked how far feeds is", *_HERE),
    ("position", "reached"): Words("feeds has folded the post's partition and the reader's", *_HERE),
    ("position", "post behind"): Words("feeds has yet to fold events of the post's partition", *_BEHIND),
    ("position", "follows behind"): Words("feeds has yet to fold events of the reader's own partition", *_BEHIND),
    ("position", "parked"): Words("an event of the post is parked: qiao parked list", *_BEHIND),
    ("position", "follows parked"): Words(
        "a follow, mute or block of the reader is parked: qiao parked list", *_BEHIND
    ),
    ("state", "stands"): Words("it was written, and not deleted", "The post is there.", "帖子存在。"),
    ("state", "deleted"): Words("its author deleted it"),
    ("state", "unknown"): Words("feeds has no card of it"),
    ("author", "known"): Words("its author has registered", "Its author is known.", "作者已知。"),
    ("author", "unknown"): Words("feeds has not seen its author register"),
    ("follow", "own"): Words("the reader wrote it", "You wrote it.", "这是你写的。"),
    ("follow", "following"): Words(
        "the reader follows its author, and did when it was written", "You follow its author.", "你关注了作者。"
    ),
    ("follow", "following since later"): Words(
        "the reader follows its author, by a follow that is later than the post",
        "You follow its author, since after it was written.",
        "你在它发布之后关注了作者。",
    ),
    ("follow", "never"): Words(
        "the reader never followed its author", "You do not follow its author.", "你没有关注作者。"
    ),
    ("follow", "no more"): Words(
        "the reader unfollowed its author before it was written",
        "You do not follow its author any more.",
        "你已取消关注作者。",
    ),
    ("follow", "no more since later"): Words(
        "the reader unfollowed its author after it was written",
        "You do not follow its author any more.",
        "你已取消关注作者。",
    ),
    ("mute", "none"): Words("the reader does not mute its author", "You do not mute its author.", "你没有静音作者。"),
    ("mute", "muted"): Words("the reader mutes its author", "You mute its author.", "你静音了作者。"),
    ("block", "none"): Words(
        "the reader does not block its author", "You do not block its author.", "你没有屏蔽作者。"
    ),
    ("block", "blocks"): Words("the reader blocks its author", "You block its author.", "你屏蔽了作者。"),
    ("blocked", "none"): Words("its author does not block the reader"),
    ("blocked", "blocked"): Words("its author blocks the reader"),
    ("audience", "included"): Words(
        "who follows is in every audience", "Who follows its author may read it.", "关注作者的人可以阅读。"
    ),
    ("reply", "no reply"): Words("it answers nobody", "It answers nobody.", "它没有回复任何人。"),
    ("reply", "own side"): Words(
        "it answers its author or the reader", "It answers its own author or you.", "它回复的是作者自己或你。"
    ),
    ("reply", "both sides"): Words(
        "the reader follows both sides", "You follow both sides of this reply.", "你关注了这条回复的双方。"
    ),
    ("reply", "follow never"): _ONE_SIDE._replace(operator="the reader never followed whom it answers"),
    ("reply", "follow no more"): _ONE_SIDE._replace(operator="the reader unfollowed whom it answers"),
    ("reply", "mute muted"): _ONE_SIDE._replace(operator="the reader mutes whom it answers"),
    ("reply", "block blocks"): _ONE_SIDE._replace(operator="the reader blocks whom it answers"),
    ("reply", "blocked blocked"): _ONE_SIDE._replace(operator="whom it answers blocks the reader"),
    ("time", "within"): Words("it is of the last 28 days", "It is of the last 28 days.", "它在最近 28 天内。"),
    ("time", "older"): Words(
        "it is older than 28 days: pushed rows do not count", "It is older than 28 days.", "它早于 28 天前。"
    ),
    ("time", "future"): Words(
        "its id is of the future: a clock is wrong", "It comes from the future.", "它的时间在未来。"
    ),
    ("way", "pushed"): Words("it was pushed into this home", "It was put into your home.", "它已推送到你的首页。"),
    ("way", "back-filled"): Words(
        "it came with the follow, which is later", "It came when you followed its author.", "你关注作者时它随之而来。"
    ),
    ("way", "pulled: many followers"): Words("its author has many followers: nothing is pushed", *_PULLED),
    ("way", "pulled: not covered yet"): Words("the back-fill of the follow is not there yet: it is pulled", *_PULLED),
    ("way", "pulled: older than the back-fill"): Words("it is older than the back-fill: pulled", *_PULLED),
    ("way", "pulled: older than pushed rows are kept"): Words("it is older than 28 days: pulled", *_PULLED),
    ("way", "not pushed"): Words(
        "it should have been pushed into this home and was not: fan-out is behind, or a row is lost", *_BEHIND
    ),
    ("way", "not in the timeline"): Words("its author's timeline lacks it: a row is lost", *_BEHIND),
}


def words(ruling: Ruling) -> Words:
    """What it says. Raises KeyError for a reason without words."""
    return WORDS[ruling.rule, ruling.reason]
