"""Who lives in the sample world."""

import msgspec

SAMPLE_HANDLE = "mei"
SAMPLE_PASSWORD = "bridge-bridge"  # noqa: S105 - the sample world's, on one's own machine


class Inhabitant(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. All have the same password."""

    handle: str
    name: str
    reads: tuple[str, ...]
    writes: str
    follows: tuple[str, ...]


PEOPLE = (
    Inhabitant(
        handle="mei",
        name="小梅 Mei",
        reads=("zh-Hans", "en"),
        writes="zh-Hans",
        follows=("emma", "jake", "priya", "marcus", "sofia", "haoran", "xiaoyu", "lin", "tang"),
    ),
    Inhabitant(
        handle="haoran",
        name="浩然爱做饭",
        reads=("zh-Hans",),
        writes="zh-Hans",
        follows=("mei", "jake", "priya", "tang"),
    ),
    Inhabitant(
        handle="xiaoyu",
        name="小雨和三只猫",
        reads=("zh-Hans", "en"),
        writes="zh-Hans",
        follows=("mei", "emma", "sofia", "lin"),
    ),
    Inhabitant(
        handle="lin", name="阿林", reads=("zh-Hant", "en"), writes="zh-Hant", follows=("mei", "xiaoyu", "marcus")
    ),
    Inhabitant(
        handle="tang", name="糖糖", reads=("zh-Hans",), writes="zh-Hans", follows=("mei", "haoran", "emma", "xiaoyu")
    ),
    Inhabitant(
        handle="emma",
        name="Emma (new here!)",
        reads=("en",),
        writes="en",
        follows=("mei", "jake", "xiaoyu", "sofia", "tang"),
    ),
    Inhabitant(
        handle="jake", name="Jake cooks", reads=("en",), writes="en", follows=("mei", "haoran", "emma", "priya")
    ),
    Inhabitant(
        handle="sofia", name="Sofía", reads=("en", "es"), writes="en", follows=("mei", "xiaoyu", "emma", "marcus")
    ),
    Inhabitant(handle="priya", name="Priya", reads=("en",), writes="en", follows=("mei", "jake", "haoran")),
    Inhabitant(
        handle="marcus", name="Marcus", reads=("en", "zh"), writes="en", follows=("mei", "lin", "emma", "sofia")
    ),
)
