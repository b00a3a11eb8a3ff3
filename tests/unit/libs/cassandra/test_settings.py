"""Where Cassandra is, from a URL."""

import pytest

from libs.cassandra import CassandraSettings


def test_a_url_names_hosts_a_port_and_a_keyspace() -> None:
    settings = CassandraSettings.parse("cassandra://one:9043,two/qiao", datacenter="dc1")
    assert (settings.hosts, settings.port, settings.keyspace) == (("one", "two"), 9043, "qiao")
    assert settings.datacenter == "dc1"


def test_the_port_is_cassandras_own_unless_given() -> None:
    assert CassandraSettings.parse("cassandra://one/qiao").port == 9042


@pytest.mark.parametrize(
    "url",
    [
        "one/qiao",
        "http://one/qiao",
        "cassandra:///qiao",
        "cassandra://one",
        "cassandra://one/Qiao",
        "cassandra://one/qiao;drop",
        "cassandra://one:1,two:2/qiao",
        "cassandra://one,/qiao",
        "cassandra://one:port/qiao",
        "cassandra://user:password@one/qiao",
    ],
)
def test_what_is_no_such_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"qiao|cassandra"):
        CassandraSettings.parse(url)


def test_a_password_is_not_shown() -> None:
    settings = CassandraSettings.parse("cassandra://one/qiao", username="me", password="secret")
    assert "secret" not in repr(settings)
