"""Which gateway is driven."""

import pytest

from qiao.load import AddressRefused, Gateway


@pytest.mark.parametrize(
    ("url", "back"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://qiao.example", "https://qiao.example:443"),
    ],
)
def test_a_url_names_a_gateway(url: str, back: str) -> None:
    assert Gateway.at(url).url == back


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://x:port", "http://x:99999", "http://x/v1/home"]
)
def test_what_names_none_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        Gateway.at(url)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("x.org", False),
    ],
)
def test_this_machine_is_told_from_others(host: str, loopback: bool) -> None:
    assert Gateway(host=host, port=1).loopback is loopback


def test_who_listens_everywhere_is_reached_on_this_machine() -> None:
    assert Gateway.listening_on("0.0.0.0", 80).url == "http://127.0.0.1:80"  # noqa: S104
    assert Gateway.listening_on("::", 80).url == "http://[::1]:80"
