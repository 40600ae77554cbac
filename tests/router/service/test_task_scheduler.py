"""The task's XML."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from agent_router.service.service import MARK, Program
from agent_router.service.task_scheduler import SPACE, TaskScheduler, _is_enabled


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> TaskScheduler:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "R&D <me>")
    monkeypatch.setenv("USERDOMAIN", "HOME-PC")
    return TaskScheduler()


def read(task: TaskScheduler, *arguments: str) -> dict[str, str]:
    text = task.text(Program(arguments, 45, Path("C:/l")))
    assert MARK in text
    # As schtasks reads it: UTF-16, of which the first line speaks.
    root = ElementTree.fromstring(text.encode(task.encoding))
    return {
        "/".join(part.removeprefix(f"{{{SPACE}}}") for part in path): (found.text or "").strip()
        for path, found in _leaves(root, ())
    }


def _leaves(element: ElementTree.Element, above: tuple[str, ...]) -> list[tuple[tuple[str, ...], ElementTree.Element]]:
    path = (*above, element.tag)
    inner = [leaf for child in element for leaf in _leaves(child, path)]
    return inner or [(path, element)]


def test_what_it_says(task: TaskScheduler) -> None:
    arguments = ("-P", "-m", "agent_router", "serve", "--env-file", 'C:\\Users\\R&D me\\a "b"\\service.env')
    said = read(task, "C:\\Program Files\\py\\pythonw.exe", *arguments)
    assert said["Task/Actions/Exec/Command"] == "C:\\Program Files\\py\\pythonw.exe"
    assert said["Task/Actions/Exec/Arguments"] == subprocess.list2cmdline(arguments)
    assert said["Task/Triggers/LogonTrigger/UserId"] == "HOME-PC\\R&D <me>"
    assert said["Task/Principals/Principal/UserId"] == "HOME-PC\\R&D <me>"
    assert said["Task/Principals/Principal/RunLevel"] == "LeastPrivilege"
    assert said["Task/Principals/Principal/LogonType"] == "InteractiveToken"
    assert said["Task/Settings/RestartOnFailure/Interval"] == "PT1M"
    assert said["Task/Settings/ExecutionTimeLimit"] == "PT0S", "the default ends it after three days"
    assert said["Task/Settings/DisallowStartIfOnBatteries"] == "false"
    assert said["Task/Settings/StopIfGoingOnBatteries"] == "false"


def test_two_users_have_two_tasks(task: TaskScheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    assert task.name == "agent-router R&D _me_"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "you")
    assert TaskScheduler().name == "agent-router you"


@pytest.mark.parametrize(
    ("settings", "enabled"),
    [("", True), ("<Enabled>true</Enabled>", True), ("<Enabled>false</Enabled>", False)],
)
def test_whether_it_starts_at_login(settings: str, enabled: bool) -> None:
    task = f'<Task xmlns="{SPACE}"><Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>'
    assert (
        _is_enabled(f'<?xml version="1.0" encoding="UTF-16"?>\n{task}<Settings>{settings}</Settings></Task>') is enabled
    )
