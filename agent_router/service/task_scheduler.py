"""A task of the Windows task scheduler. Source: Microsoft's "Task Scheduler Schema", schtasks."""

from __future__ import annotations

import getpass
import os
import re
import subprocess
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import psutil

from agent_router.errors import ConfigError
from agent_router.paths import config_folder
from agent_router.service.service import (
    MARK,
    Command,
    Program,
    State,
    answer,
    is_there,
    log_path,
    tail,
    variables_path,
)

SPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"


class TaskScheduler:
    """`service.xml` in the config folder, which schtasks reads."""

    system = "task scheduler"
    encoding = "utf-16"  # the only one that schtasks takes without question
    note = "It starts when you log in and ends when you log out."

    def __init__(self) -> None:
        self.path = config_folder() / "service.xml"
        self.see_log = f"type {log_path()}"
        # Tasks of all users lie in one place.
        self.name = "agent-router " + re.sub(r'[\\/:*?"<>|]', "_", getpass.getuser())

    def check(self) -> None:
        """ConfigError where there is no scheduler."""
        if not is_there("schtasks"):
            raise ConfigError("There is no schtasks here; run `agent-router serve` instead.")

    def text(self, program: Program) -> str:
        """The task's XML: at this user's login, with no more rights than the user has, without a time limit, and again
        a minute after it has failed."""
        user = escape("\\".join(part for part in (os.environ.get("USERDOMAIN"), getpass.getuser()) if part))
        command, arguments = program.arguments[0], subprocess.list2cmdline(program.arguments[1:])
        return f"""\
<?xml version="1.0" encoding="UTF-16"?>
<!-- {MARK} -->
<Task version="1.2" xmlns="{SPACE}">
  <RegistrationInfo>
    <Description>agent-router: a local endpoint in front of your agents</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>{user}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>5</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>999</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(command)}</Command>
      <Arguments>{escape(arguments)}</Arguments>
    </Exec>
  </Actions>
</Task>
"""

    def start(self) -> Sequence[Command]:
        """Known to the scheduler and begun; the earlier one ended."""
        return (
            Command(("schtasks", "/End", "/TN", self.name), optional=True),
            Command(("schtasks", "/Create", "/TN", self.name, "/XML", str(self.path), "/F")),
            Command(("schtasks", "/Run", "/TN", self.name)),
        )

    def stop(self) -> Sequence[Command]:
        """Ended, and no longer known."""
        return (
            Command(("schtasks", "/End", "/TN", self.name), optional=True),
            Command(("schtasks", "/Delete", "/TN", self.name, "/F"), optional=True),
        )

    def forget(self) -> Sequence[Command]:
        """The scheduler has forgotten it already."""
        return ()

    def state(self) -> State:
        """From the task's XML, and from the processes: what schtasks says of running comes in the user's language."""
        status, said, _ = answer("schtasks", "/Query", "/TN", self.name, "/XML")
        if status:
            return State()
        return State(_is_enabled(said), _process())

    def last_words(self) -> str:
        """The log's last lines."""
        return tail(log_path())


def _is_enabled(xml: str) -> bool:
    start = xml.find("<Task")
    try:
        said = ElementTree.fromstring(xml[start:]).find(f"{{{SPACE}}}Settings/{{{SPACE}}}Enabled")  # noqa: S314
    except ElementTree.ParseError:
        return True
    return said is None or (said.text or "").strip() != "false"  # true is left out


def _process() -> int | None:
    """The router that was given the service's file of variables; of a virtual environment's two processes the first."""
    ours = str(variables_path())
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "agent_router" in words and ours in words:
            return int(process.pid)
    return None
