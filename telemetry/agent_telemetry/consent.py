"""Whether reports may be sent, and who says so. Nothing here touches the network."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec

from agent_telemetry.consent_text import VERSION, Level
from agent_telemetry.ledger_reader import reading

FILE = "consent.json"
ASKED_AFTER = timedelta(days=7)
ASKED_AFTER_REQUESTS = 200
LEVELS: tuple[Level, ...] = get_args(Level)
"""From the least to the most."""
_LARGEST = 4096  # bytes of a consent
_NO = frozenset({"", "0", "false", "no", "off"})
_OFF = frozenset({"off", "0", "false", "no", "none"})
# Besides CI itself, which most set: https://github.com/watson/ci-info lists them.
_CI = (
    "CI",
    "CONTINUOUS_INTEGRATION",
    "BUILD_NUMBER",
    "TF_BUILD",
    "TEAMCITY_VERSION",
    "JENKINS_URL",
    "CODEBUILD_BUILD_ID",
)


class Consent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the user answered, to which version of the text, and when (UTC)."""

    text: int
    time: datetime
    level: Level


class Effective(NamedTuple):
    """The level that holds, and why, in sentences. `forced`: something that this page cannot change keeps it off, or
    (`most`) below what could be chosen."""

    level: Level
    reasons: tuple[str, ...]
    most: Level

    @property
    def forced(self) -> bool:
        """Whether nothing can be chosen."""
        return self.most == "off"


class Use(NamedTuple):
    """Since when there is a ledger, and how many requests it has."""

    since: datetime | None
    requests: int


def read_consent(data: Path) -> Consent | None:
    """The record in the data folder; None where there is none, or none that can be understood."""
    try:
        with (data / FILE).open("rb") as file:
            return msgspec.json.decode(file.read(_LARGEST), type=Consent)
    except (OSError, msgspec.DecodeError):
        return None


def write_consent(data: Path, level: Level, now: datetime) -> Consent:
    """Keep what the user answered to the present text: whole or not at all, for this user's eyes only. OSError."""
    consent = Consent(VERSION, now.astimezone(UTC).replace(microsecond=0), level)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = data / f"{FILE}.{os.getpid()}"
    try:
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(consent) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        made.replace(data / FILE)
    finally:
        made.unlink(missing_ok=True)
    return consent


def effective_level(
    consent: Consent | None, configured: Level | None, environment: Mapping[str, str], policy: Path | None
) -> Effective:
    """What holds, of what the user answered and what limits it.

    `configured` is `[telemetry] level` where it is set: it can only lower the level, for a setting is no consent.
    `policy` is an organisation's file (`policy_path`), whose `[telemetry] level` is the most that may be sent; one that
    cannot be read or understood forbids all.
    """
    limits = [limit for limit in (*_environment(environment), _configured(configured), _policy(policy)) if limit]
    most = min((level for level, _ in limits), key=LEVELS.index, default=LEVELS[-1])
    reasons = tuple(said for level, said in limits if level == most and most != LEVELS[-1])
    if most == "off":
        return Effective("off", reasons, most)
    if consent is None:
        return Effective("off", ("You have not chosen anything.", *reasons), most)
    if consent.text != VERSION:
        return Effective("off", ("What is asked has changed since you chose: please choose again.", *reasons), most)
    level = min(consent.level, most, key=LEVELS.index)
    return Effective(level, (f"You chose it on {consent.time.astimezone():%Y-%m-%d}.", *reasons), most)


def _environment(variables: Mapping[str, str]) -> list[tuple[Level, str]]:
    found: list[tuple[Level, str]] = []
    given = {name.upper(): value.strip() for name, value in variables.items()}
    if given.get("DO_NOT_TRACK", "").lower() not in _NO:
        found.append(("off", "DO_NOT_TRACK is set in the router's environment."))
    if given.get("AGENT_ROUTER_TELEMETRY", "").lower() in _OFF:
        found.append(("off", "AGENT_ROUTER_TELEMETRY is off in the router's environment."))
    ci = next((name for name in _CI if given.get(name, "").lower() not in _NO), None)
    if ci is not None:
        found.append(("off", f"The router runs in continuous integration ({ci} is set)."))
    return found


def _configured(level: Level | None) -> tuple[Level, str] | None:
    if level is None:
        return None
    return level, f"The configuration says [telemetry] level = {level}: that is the most."


def _policy(path: Path | None) -> tuple[Level, str] | None:
    if path is None:
        return None
    try:
        said = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        return "off", f"Your organisation's policy {path} cannot be read, and so nothing may be sent."
    section = said.get("telemetry", {})
    level = section.get("level") if isinstance(section, dict) else section
    if level is None:
        return None
    if level not in LEVELS:
        return "off", f"Your organisation's policy {path} has a level that is none, and so nothing may be sent."
    return level, f"Your organisation's policy {path} says [telemetry] level = {level}: that is the most."


def policy_path(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> Path:
    """Where an organisation puts its policy: a place that only administrators can write."""
    if platform == "win32":
        return Path(environment.get("PROGRAMDATA", r"C:\ProgramData")) / "agent-router" / "policy.toml"
    if platform == "darwin":
        return Path("/Library/Application Support/agent-router/policy.toml")
    return Path("/etc/agent-router/policy.toml")


def use_of(ledger: Path) -> Use:
    """How long and how much it has been used. Raises `sqlite3.Error` where the file is no ledger."""
    with reading(ledger) as conn:
        if conn is None:
            return Use(None, 0)
        (began,) = conn.execute("SELECT min(applied_at) FROM migrations").fetchone()
        (requests,) = conn.execute("SELECT coalesce(sum(answered), 0) FROM kind_totals").fetchone()
    return Use(datetime.fromisoformat(began) if began else None, requests)


def is_due(consent: Consent | None, use: Use, now: datetime) -> bool:
    """Whether it is time to ask: not before 7 days and 200 requests, and once for each text."""
    if consent is not None and consent.text == VERSION:
        return False
    return use.since is not None and now - use.since >= ASKED_AFTER and use.requests >= ASKED_AFTER_REQUESTS
