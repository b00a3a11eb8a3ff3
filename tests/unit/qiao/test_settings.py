"""Settings come from QIAO_* variables; a wrong one is refused by name."""

import pytest

from qiao.settings import Settings, SettingsInvalid, load, meanings

ON_SERVERS = {"QIAO_LOG": "kafka://127.0.0.1:9092", "QIAO_VIEWS": "cassandra://127.0.0.1/qiao"}


def test_without_variables_everything_is_embedded_and_local() -> None:
    settings = load({"PATH": "/bin"})
    assert settings == Settings()
    assert settings.embedded
    assert settings.address == ("127.0.0.1", 8080)


def test_variables_are_typed() -> None:
    settings = load({"QIAO_PARTITIONS": "48", "QIAO_DRAIN_DELAY": "1.5", "QIAO_LISTEN": "[::1]:80"})
    assert (settings.partitions, settings.drain_delay, settings.address) == (48, 1.5, ("::1", 80))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QIAO_LISTEN", "8080"),
        ("QIAO_LISTEN", "127.0.0.1:99999"),
        ("QIAO_METRICS_LISTEN", "here"),
        ("QIAO_LOG", "rabbit://x"),
        ("QIAO_VIEWS", "postgres://x"),
        ("QIAO_PARTITIONS", "0"),
        ("QIAO_DRAIN_DELAY", "-1"),
        ("QIAO_RATE_LIMITS", "sometimes"),
        ("QIAO_LIMIT_PER_ADDRESS", "many"),
        ("QIAO_LIMIT_PER_ACCOUNT", "0/minute"),
        ("QIAO_LIMIT_PER_ACCOUNT", "5/minute;1/second"),
        ("QIAO_LIMIT_STRICT_PER_ADDRESS", "10/fortnight"),
        ("QIAO_TRUSTED_PROXIES", "-1"),
        ("QIAO_TRUSTED_PROXIES", "9"),
        ("QIAO_TRUSTED_PROXIES", "one"),
        ("QIAO_LOG_LEVEL", "loud"),
        ("QIAO_ADMINS", "Mei Lin"),
        ("QIAO_ADMINS", "mei,"),
        ("QIAO_SECRET", "too short"),
        ("QIAO_SECRET", "x" * 32 + ","),
        ("QIAO_SECRET", "," + "x" * 32),
        ("QIAO_SECRET", ","),
        ("QIAO_OTLP_ENDPOINT", "collector:4318"),
        ("QIAO_OTLP_ENDPOINT", "http://user:password@"),
        ("QIAO_MASTER_KEY", "abc"),
        ("QIAO_TYPO", "1"),
    ],
)
def test_a_wrong_one_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        load({name: value})


def test_a_limit_that_cannot_be_read_is_refused_with_one_that_can() -> None:
    with pytest.raises(SettingsInvalid, match=r"QIAO_LIMIT_PER_ADDRESS=600: .* such as 600/minute"):
        load({"QIAO_LIMIT_PER_ADDRESS": "600"})


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("QIAO_AUDIT", "maybe", "QIAO_AUDIT=maybe: needs off or on"),
        ("QIAO_START_TIMEOUT", "abc", "QIAO_START_TIMEOUT=abc: needs a number from 0 to 3600"),
        ("QIAO_PARTITIONS", "x", "QIAO_PARTITIONS=x: needs a whole number from 1 to 100"),
    ],
)
def test_a_wrong_one_is_refused_with_what_it_may_be(name: str, value: str, wanted: str) -> None:
    with pytest.raises(SettingsInvalid) as refusal:
        load({name: value})
    assert str(refusal.value) == wanted


@pytest.mark.parametrize("name", ["QIAO_SECRET", "QIAO_MASTER_KEY"])
def test_a_secret_is_not_repeated_in_its_refusal(name: str) -> None:
    with pytest.raises(SettingsInvalid) as refusal:
        load({name: "hunter2"})
    assert "hunter2" not in str(refusal.value)


def test_log_and_views_are_both_embedded_or_both_on_servers() -> None:
    with pytest.raises(SettingsInvalid, match="QIAO_LOG and QIAO_VIEWS"):
        load({"QIAO_LOG": "kafka://127.0.0.1:9092"})


def test_on_servers_secrets_must_be_given() -> None:
    with pytest.raises(SettingsInvalid, match="QIAO_SECRET and QIAO_MASTER_KEY"):
        load(ON_SERVERS)
    assert not load(ON_SERVERS | {"QIAO_SECRET": "s" * 32, "QIAO_MASTER_KEY": "ab" * 32}).embedded


def test_every_setting_says_what_it_means() -> None:
    assert meanings().keys() == set(Settings.__struct_fields__)
    assert all(meanings().values())
