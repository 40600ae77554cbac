"""Whether reports may be sent."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent_telemetry import consent_text
from agent_telemetry.consent import (
    FILE,
    Consent,
    Use,
    effective_level,
    is_due,
    policy_path,
    read_consent,
    use_of,
    write_consent,
)
from agent_telemetry.consent_text import VERSION
from agent_telemetry.ledger import Ledger
from agent_telemetry.usage_record import UsageRecord

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
YES = Consent(VERSION, NOW, "table")


def test_a_changed_text_has_another_version() -> None:
    """Whoever changes the text raises VERSION, and puts the new hash here."""
    text = repr((consent_text.LEVELS, consent_text.NEVER, consent_text.RULES))
    assert (VERSION, hashlib.sha256(text.encode()).hexdigest()[:16]) == (1, "afa8d96cdb83a269")


def test_a_choice_is_kept_for_this_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert read_consent(folder) is None
    written = write_consent(folder, "headline", NOW)
    assert read_consent(folder) == written == Consent(VERSION, NOW, "headline")
    if os.name == "posix":
        assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    write_consent(folder, "off", NOW + timedelta(days=1))
    assert read_consent(folder) == Consent(VERSION, NOW + timedelta(days=1), "off")
    assert [each.name for each in folder.iterdir()] == [FILE]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user who may not write everywhere")
def test_one_that_cannot_be_kept_leaves_what_was(tmp_path: Path) -> None:
    write_consent(tmp_path, "off", NOW)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            write_consent(tmp_path, "table", NOW)
    finally:
        tmp_path.chmod(0o700)
    assert read_consent(tmp_path) == Consent(VERSION, NOW, "off")


@pytest.mark.parametrize(
    "content",
    [
        *(
            b"",
            b"{",
            b"null",
            b"[]",
            b"\xff",
            b'{"level": "table"}',
            b'{"text": 1, "level": "all", "time": "2026-11-28T00:00:00Z"}',
        ),
        *(b'{"text": "1", "level": "table", "time": "2026-11-28T00:00:00Z"}', b" " * 10_000),
        b'{"text": 1, "level": "table", "time": "2026-11-28T00:00:00Z", "more": 1}',
    ],
)
def test_what_cannot_be_understood_is_no_consent(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert read_consent(tmp_path) is None


def test_without_an_answer_nothing_is_sent() -> None:
    found = effective_level(None, None, {}, None)
    assert (found.level, found.most, found.forced) == ("off", "table", False)
    assert effective_level(None, "table", {}, None).level == "off"  # a setting is no consent


def test_what_was_chosen_holds() -> None:
    assert effective_level(YES, None, {}, None).level == "table"
    assert effective_level(Consent(VERSION, NOW, "off"), "table", {}, None).level == "off"


def test_another_text_asks_again() -> None:
    for version in (VERSION - 1, VERSION + 1):
        found = effective_level(Consent(version, NOW, "table"), None, {}, None)
        assert (found.level, found.forced) == ("off", False)
        assert "choose again" in found.reasons[0]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"DO_NOT_TRACK": "1"}, "DO_NOT_TRACK is set"),
        ({"DO_NOT_TRACK": "true"}, "DO_NOT_TRACK is set"),
        ({"AGENT_ROUTER_TELEMETRY": "off"}, "AGENT_ROUTER_TELEMETRY is off"),
        ({"AGENT_ROUTER_TELEMETRY": " OFF "}, "AGENT_ROUTER_TELEMETRY is off"),
        ({"AGENT_ROUTER_TELEMETRY": "0"}, "AGENT_ROUTER_TELEMETRY is off"),
        ({"agent_router_telemetry": "none"}, "AGENT_ROUTER_TELEMETRY is off"),
        ({"CI": "true"}, "(CI is set)"),
        ({"TF_BUILD": "True"}, "(TF_BUILD is set)"),
        ({"JENKINS_URL": "http://ci/"}, "(JENKINS_URL is set)"),
    ],
)
def test_the_environment_forces_it_off(variables: dict[str, str], said: str) -> None:
    found = effective_level(YES, "table", variables, None)
    assert (found.level, found.forced) == ("off", True)
    assert said in found.reasons[0]


@pytest.mark.parametrize(
    "variables", [{"DO_NOT_TRACK": "0"}, {"DO_NOT_TRACK": ""}, {"CI": "false"}, {"AGENT_ROUTER_TELEMETRY": "headline"}]
)
def test_what_says_no_to_itself_forces_nothing(variables: dict[str, str]) -> None:
    assert effective_level(YES, None, variables, None).level == "table"


def test_the_configuration_lowers_it_and_never_raises_it() -> None:
    found = effective_level(YES, "headline", {}, None)
    assert (found.level, found.most, found.forced) == ("headline", "headline", False)
    assert effective_level(YES, "off", {}, None).forced
    assert effective_level(Consent(VERSION, NOW, "headline"), "table", {}, None).level == "headline"


@pytest.mark.parametrize(
    ("policy", "level"),
    [
        ('[telemetry]\nlevel = "off"\n', "off"),
        ('\ufeff[telemetry]\nlevel = "off"\n', "off"),
        ('telemetry = "off"', "off"),
        ('[telemetry]\nlevel = "headline"\n', "headline"),
        ('[telemetry]\nlevel = "table"\n', "table"),
        ('[telemetry]\nlevel = "all"\n', "off"),
        ("[telemetry]\nlevel = false\n", "off"),
        ("[telemetry]\nlevel = []\n", "off"),
        ("[telemetry\n", "off"),
        ("\x00", "off"),
        ("", "table"),
        ("[other]\nlevel = 1\n", "table"),
    ],
)
def test_an_organisation_has_the_last_word(policy: str, level: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(policy, encoding="utf-8")
    found = effective_level(YES, None, {}, file)
    assert found.level == level
    if level != "table":
        assert str(file) in found.reasons[-1]


def test_a_policy_that_cannot_be_read_forbids(tmp_path: Path) -> None:
    assert effective_level(YES, None, {}, tmp_path).level == "off"  # a folder
    assert effective_level(YES, None, {}, tmp_path / "none").level == "table"


def test_where_the_policy_lies() -> None:
    assert policy_path("linux") == Path("/etc/agent-router/policy.toml")
    assert policy_path("darwin") == Path("/Library/Application Support/agent-router/policy.toml")
    assert policy_path("win32", {"PROGRAMDATA": "D:\\Data"}) == Path("D:\\Data") / "agent-router" / "policy.toml"
    assert policy_path().name == "policy.toml", sys.platform


def test_all_reasons_are_said() -> None:
    found = effective_level(YES, "off", {"DO_NOT_TRACK": "1", "CI": "1"}, None)
    assert len(found.reasons) == 3


@pytest.mark.parametrize(
    ("consent", "days", "requests", "due"),
    [
        (None, 8, 200, True),
        (None, 6.9, 5000, False),
        (None, 80, 199, False),
        (YES, 80, 5000, False),
        (Consent(VERSION, NOW, "off"), 80, 5000, False),
        (Consent(VERSION + 1, NOW, "table"), 80, 5000, True),
    ],
)
def test_when_to_ask(consent: Consent | None, days: float, requests: int, due: bool) -> None:
    assert is_due(consent, Use(NOW - timedelta(days=days), requests), NOW) is due
    assert not is_due(None, Use(None, 0), NOW)


def test_use_of_a_ledger(tmp_path: Path) -> None:
    assert use_of(tmp_path / "none") == Use(None, 0)
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    for i in range(3):
        ledger.record(UsageRecord(source="proxy", key=str(i), time=NOW, status="error" if i == 2 else "ok"))
    ledger.close()
    use = use_of(ledger.path)
    assert use.requests == 2
    assert use.since is not None
    assert abs(use.since - datetime.now(UTC)) < timedelta(minutes=5)
