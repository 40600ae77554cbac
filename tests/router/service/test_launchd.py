"""The property list, as plistlib reads it."""

from __future__ import annotations

import plistlib
from pathlib import Path

from agent_router.service.launchd import Launchd
from agent_router.service.service import MARK, Program


def test_what_it_says() -> None:
    arguments = ("/Users/me/my env/bin/python", "-P", "a & b < c > d", 'say "hi"', "é")
    text = Launchd().text(Program(arguments, 45, Path("/Users/me/Library/Logs/agent-router/service.log")))
    said = plistlib.loads(text.encode())
    assert said["Label"] == "agent-router"
    assert tuple(said["ProgramArguments"]) == arguments
    assert said["RunAtLoad"] is True
    assert said["KeepAlive"] == {"SuccessfulExit": False}
    assert said["ExitTimeOut"] == 45
    assert said["StandardErrorPath"] == "/Users/me/Library/Logs/agent-router/service.log"
    assert MARK in text
    assert text.startswith("<?xml")


def test_it_is_an_agent_of_the_user_and_no_daemon() -> None:
    service = Launchd()
    assert service.path == Path.home() / "Library" / "LaunchAgents" / "agent-router.plist"
    words = [word for command in (*service.start(), *service.stop()) for word in command.words]
    assert "sudo" not in words
    assert not any(word.startswith("system/") for word in words)
