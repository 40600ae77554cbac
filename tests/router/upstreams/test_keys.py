"""Where keys come from, and that they do not show."""

from __future__ import annotations

import keyring
import keyring.errors
import pytest
from pydantic import SecretStr

from agent_router.settings import NO_KEY, Upstream
from agent_router.upstreams.keys import Key
from agent_router.upstreams.reply import UpstreamFault

URL = "http://127.0.0.1:1/v1"


def test_from_the_environment_at_the_moment_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    key = Key("x", Upstream(base_url=URL, key_env="SOME_KEY"))
    assert key.missing
    with pytest.raises(UpstreamFault) as caught:
        key.value()
    assert (caught.value.kind, caught.value.status) == ("no_key", 401)
    assert "SOME_KEY" in caught.value.message
    monkeypatch.setenv("SOME_KEY", " sk-1\n")
    assert key.value() == "sk-1"
    assert not key.missing


def test_the_word_that_agents_send_for_no_key_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", NO_KEY)
    assert Key("x", Upstream(base_url=URL, key_env="SOME_KEY")).missing


def test_none_configured_is_none_needed() -> None:
    key = Key("x", Upstream(base_url=URL))
    assert key.value() is None
    assert not key.missing


def test_in_the_clear() -> None:
    key = Key("x", Upstream(base_url=URL, key=SecretStr("sk-clear")))
    assert key.value() == "sk-clear"
    assert "sk-clear" not in repr(key) + key.source


def test_from_the_keyring_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def get_password(service: str, user: str) -> str:
        asked.append((service, user))
        return "sk-ring"

    monkeypatch.setattr(keyring, "get_password", get_password)
    key = Key("x", Upstream(base_url=URL, key_keyring="openai/me"))
    assert [key.value(), key.value()] == ["sk-ring", "sk-ring"]
    assert asked == [("openai", "me")]
    assert "sk-ring" not in repr(key) + key.source


def test_a_locked_keyring_is_a_missing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(service: str, user: str) -> str:
        raise keyring.errors.KeyringLocked

    monkeypatch.setattr(keyring, "get_password", locked)
    key = Key("x", Upstream(base_url=URL, key_keyring="openai/me"))
    assert key.missing
    with pytest.raises(UpstreamFault):
        key.value()


@pytest.mark.parametrize("secret", ["sk-a\nx-evil: 1", "sk-\u00e4", "sk-\x7f", "sk-\u2026"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("ODD_KEY", secret)
    key = Key("x", Upstream(kind="openai", base_url="http://127.0.0.1:9/v1", key_env="ODD_KEY"))
    with pytest.raises(UpstreamFault) as caught:
        key.value()
    assert caught.value.kind == "no_key"
    assert "ODD_KEY" in caught.value.message
    assert secret not in caught.value.message
