"""Where a Kafka is, from a URL."""

import ssl

import msgspec
import pytest

from libs.log.kafka import KafkaSettings


def test_a_url_names_one_broker_or_several() -> None:
    assert KafkaSettings.from_url("kafka://host:9092").bootstrap == "host:9092"
    assert KafkaSettings.from_url("kafka://a:9092,b:9093").bootstrap == "a:9092,b:9093"
    assert KafkaSettings.from_url("kafka://[::1]:9092/").bootstrap == "[::1]:9092"


@pytest.mark.parametrize(
    "url",
    [
        "http://host:9092",
        "kafka://",
        "kafka://host",
        "kafka://host:port",
        "kafka://:9092",
        "kafka://host:9092/posts",
        "kafka://a:9092,",
        "kafka://user:word@host:9092",
        "kafka://host:9092?x=1",
    ],
)
def test_what_is_no_such_url_is_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(ValueError, match="kafka://host:port") as refused:
        KafkaSettings.from_url(url)
    assert "word" not in str(refused.value)


def test_options_are_checked() -> None:
    assert KafkaSettings.from_url("kafka://a:1", session_timeout_s=6, username="u").session_timeout_s == 6.0
    with pytest.raises(msgspec.ValidationError, match="linger_ms"):
        KafkaSettings.from_url("kafka://a:1", linger_ms="long")
    with pytest.raises(msgspec.ValidationError, match="unknown"):
        KafkaSettings.from_url("kafka://a:1", unknown=1)


@pytest.mark.parametrize(
    ("username", "secured", "protocol"),
    [("", False, "PLAINTEXT"), ("qiao", False, "SASL_PLAINTEXT"), ("qiao", True, "SASL_SSL"), ("", True, "SSL")],
)
def test_the_protocol_follows_from_user_and_authority(
    username: str, secured: bool, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssl, "create_default_context", lambda cafile: f"trusting {cafile}")
    settings = KafkaSettings(bootstrap="a:1", username=username, password="p", tls_ca="ca.pem" if secured else "")
    options = settings.client_options()
    assert options["security_protocol"] == protocol
    assert options["sasl_plain_username"] == (username or None)
    assert options["ssl_context"] == ("trusting ca.pem" if secured else None)


def test_a_password_is_not_shown() -> None:
    assert "hunter2" not in repr(KafkaSettings(bootstrap="a:1", username="u", password="hunter2"))
