"""A stand-in for systemctl, launchctl and schtasks: notes each call and, like them, starts and ends what the file that
it is given says. Copied onto the PATH under their names by `scripted_systems`."""

from __future__ import annotations

import json
import os
import plistlib
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(sys.argv[0]).parent
STATE = HERE / "state.json"
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def load() -> dict:
    return json.loads(STATE.read_text()) if STATE.exists() else {}


def save(**changes: object) -> None:
    STATE.write_text(json.dumps(load() | changes))


def alive(pid: int | None) -> bool:
    if not pid:
        return False
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def end() -> None:
    pid = load().get("pid")
    if alive(pid):
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            if not alive(pid):
                break
            time.sleep(0.05)
    save(pid=None)


def begin(words: list[str]) -> None:
    end()
    # As a service is: without this shell's variables, in a folder of its own, on its own.
    bare = {k: v for k, v in os.environ.items() if not k.startswith("AGENT_ROUTER_") and not k.endswith("_API_KEY")}
    log = (HERE / "log").open("a")
    started = subprocess.Popen(
        words, env=bare, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    save(pid=started.pid, words=words)


def systemctl(words: list[str]) -> int:
    unit = Path(os.environ["HOME"]) / ".config/systemd/user/agent-router.service"
    if words[0] == "show-environment" and (HERE / "absent").exists():
        print("Failed to connect to bus: No medium found", file=sys.stderr)
        return 1
    if words[0] == "enable":
        save(enabled=True)
    elif words[0] == "restart":
        line = next(each for each in unit.read_text().splitlines() if each.startswith("ExecStart="))
        begin([word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line.removeprefix("ExecStart="))])
    elif words[:2] == ["disable", "--now"]:
        if not unit.exists():
            return 1
        end()
        save(enabled=False)
    elif words[0] == "show":
        found = load()
        runs = alive(found.get("pid"))
        active = "active" if runs else "failed" if found.get("pid") else "inactive"
        print(f"LoadState={'loaded' if unit.exists() else 'not-found'}")
        print(f"UnitFileState={'enabled' if found.get('enabled') else 'disabled'}")
        print(f"ActiveState={active}\nSubState={'running' if runs else 'failed'}")
        print(f"MainPID={found['pid'] if runs else 0}\nResult={'success' if runs else 'exit-code'}")
    return 0


def journalctl(words: list[str]) -> int:
    print((HERE / "log").read_text()[-500:])
    return 0


def launchctl(words: list[str]) -> int:
    found = load()
    if words[0] == "print":
        if (HERE / "absent").exists():
            print("Could not find domain for user gui: 501", file=sys.stderr)
            return 113
        if words[1].endswith("/agent-router"):
            if not found.get("loaded"):
                return 113
            runs = alive(found.get("pid"))
            print(f"gui/501/agent-router = {{\n\tstate = {'running' if runs else 'not running'}")
            print(f"\tpid = {found['pid']}" if runs else "\tlast exit code = 1")
    elif words[0] == "bootout":
        if not found.get("loaded"):
            return 3
        end()
        save(loaded=False)
    elif words[0] == "bootstrap":
        if found.get("loaded"):
            print("Bootstrap failed: 5: Input/output error", file=sys.stderr)
            return 5
        save(loaded=True)
        begin(plistlib.loads(Path(words[2]).read_bytes())["ProgramArguments"])
    return 0


def schtasks(words: list[str]) -> int:
    found = load()
    if words[0] == "/Create":
        xml = Path(words[words.index("/XML") + 1]).read_bytes().decode("utf-16")
        save(task=xml[xml.index("<Task") :])
    elif not found.get("task"):
        print("ERROR: The system cannot find the file specified.", file=sys.stderr)
        return 1
    elif words[0] == "/Query":
        print('<?xml version="1.0" encoding="UTF-16"?>\n' + found["task"])
    elif words[0] == "/Run":
        run = ElementTree.fromstring(found["task"]).find(f"{TASK}Actions/{TASK}Exec")
        begin([run.find(f"{TASK}Command").text, *shlex.split(run.find(f"{TASK}Arguments").text)])
    elif words[0] == "/End":
        end()
    elif words[0] == "/Delete":
        save(task=None)
    return 0


if __name__ == "__main__":
    name, words = Path(sys.argv[0]).name, sys.argv[1:]
    with (HERE / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps([name, *words]) + "\n")
    if name == "systemctl":
        assert words.pop(0) == "--user", "never the system's own manager"
    sys.exit(
        {"systemctl": systemctl, "journalctl": journalctl, "launchctl": launchctl, "schtasks": schtasks}[name](words)
    )
