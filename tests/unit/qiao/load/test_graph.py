"""A graph is read whole, or refused by the line that is wrong."""

from pathlib import Path

import pytest

from qiao.load import GraphInvalid, read_graph
from qiao.load.run import handle_of


def _file(directory: Path, content: str) -> Path:
    path = directory / "friends.edges"
    path.write_text(content)
    return path


def test_people_are_numbered_as_they_come_and_each_edge_counts_once(tmp_path: Path) -> None:
    graph = read_graph(_file(tmp_path, "# friends\nmei emma\n\nemma lin\nemma mei\n"))
    assert graph.people == ("mei", "emma", "lin")
    assert graph.edges == ((0, 1), (1, 2))


def test_each_edge_is_followed_both_ways(tmp_path: Path) -> None:
    assert read_graph(_file(tmp_path, "mei emma\n")).follows == [(0, 1), (1, 0)]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("mei emma\nlin\n", 2),
        ("mei emma lin\n", 1),
        ("mei Emma\n", 1),
        ("mei mei\n", 1),
        ("mei \ufffd\n", 1),
        (f"mei {'x' * 21}\n", 1),
    ],
)
def test_a_line_that_is_no_edge_is_named(tmp_path: Path, content: str, line: int) -> None:
    with pytest.raises(GraphInvalid, match=rf"friends\.edges:{line}: "):
        read_graph(_file(tmp_path, content))


def test_an_empty_graph_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GraphInvalid, match="no edge"):
        read_graph(_file(tmp_path, "# nobody\n"))


@pytest.mark.parametrize(
    ("prefix", "name", "handle"), [("reed98", "17", "reed98_17"), ("My Friends!", "a", "my_friend_a"), ("", "1", "__1")]
)
def test_handles_are_made_of_the_graph_and_the_name(prefix: str, name: str, handle: str) -> None:
    assert handle_of(prefix, name) == handle


def test_the_reed98_graph_has_the_people_and_follows_that_the_figures_name() -> None:
    graph = read_graph(Path(__file__).parents[4] / "bench" / "data" / "reed98.edges")
    assert (len(graph.people), len(graph.follows)) == (962, 37_624)
