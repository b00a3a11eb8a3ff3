"""What is wrong on a command line is named, and nothing is done."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from qiao.cli import qiao

GRAPH = str(Path(__file__).parents[4] / "bench" / "data" / "reed98.edges")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (("load", "no-such-file"), "GRAPH"),
        (("load", GRAPH, "--connections", "0"), "--connections"),
        (("load", GRAPH, "--seconds", "99999"), "--seconds"),
        (("load", GRAPH, "--page", "101"), "--page"),
        (("load", GRAPH, "--shares", "0", "0", "0"), "--shares"),
        (("load", GRAPH, "--url", "http://192.0.2.1:80"), "--anywhere"),
        (("load", GRAPH, "--url", "here"), "--url"),
        (("seed", "--url", "ftp://127.0.0.1"), "--url"),
        (("events", "tail", "--topic", "gossip"), "--topic"),
        (("events", "tail", "--type", "PostShared"), "--type"),
        (("events", "tail", "--count", "0"), "--count"),
        (("parked", "show", "nobody", "posts[0]@0"), "PROJECTION"),
        (("parked", "show", "feeds", "posts"), "PLACE"),
        (("parked", "discard", "feeds", "posts[0]@0"), "--reason"),
        (("parked", "discard", "feeds", "posts[0]@0", "--reason", " "), "--reason"),
        (("parked", "redrive", "feeds", "posts[0]@0"), "--reason"),
        (("parked", "redrive", "feeds", "posts[0]@0", "--reason", "mended", "--timeout", "0"), "--timeout"),
        (("parked", "edit", "feeds", "posts[0]@0", "--data", "-"), "--reason"),
        (("parked", "edit", "feeds", "posts[0]@0", "--reason", "mended"), "--data"),
        (("parked", "edit", "feeds", "posts[0]@0", "--reason", "mended", "--data", "no-such-file"), "--data"),
        (("trace",), "--slowest"),
        (("trace", "0af7"), "ID"),
        (("trace", "--post", "0af7"), "--post"),
        (("trace", "--slowest", "0"), "--slowest"),
        (("trace", "0af7651916cd43dd8448eb211c80319c", "--slowest"), "--slowest"),
        (("trace", "0af7651916cd43dd8448eb211c80319c", "--route", "/v1/home"), "--route"),
        (("worker", "kitchen"), "SERVICE"),
        (("nonsense",), "nonsense"),
    ],
)
def test_wrong_input_is_refused_by_name(line: tuple[str, ...], named: str) -> None:
    result = CliRunner().invoke(qiao, line)
    assert result.exit_code == 2
    assert named in result.output
