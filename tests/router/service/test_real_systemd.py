"""The service under a real systemd: a user manager of its own, in namespaces and a control group of its own.

It needs systemd (Debian: `systemd`), root (in a container: as one is there) and cgroup v2; elsewhere it is skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.router.service.systems import free_port

MANAGER = "/lib/systemd/systemd"
NOT_HERE = 77
SCRIPT = f"""
mount --make-rprivate / && mount -t tmpfs none /run && mkdir -p /run/systemd/system || exit {NOT_HERE}
mount -t cgroup2 none /sys/fs/cgroup && mkdir "/sys/fs/cgroup/$GROUP" || exit {NOT_HERE}
echo $$ > "/sys/fs/cgroup/$GROUP/cgroup.procs" || exit {NOT_HERE}
export XDG_RUNTIME_DIR=/run/me; mkdir -m 700 /run/me
{MANAGER} --user >"$HOME/manager" 2>&1 &
manager=$!
for _ in $(seq 50); do systemctl --user show-environment >/dev/null 2>&1 && break; sleep 0.2; done
systemctl --user show-environment >/dev/null 2>&1 || exit {NOT_HERE}

service() {{ "$PYTHON" -m agent_router service "$@" --json; }}
say() {{ printf '%s\\0' "$1"; }}
pid() {{ systemctl --user show agent-router -p MainPID --value; }}

say "$(service install)"
say "$(service status)"
kill -9 "$(pid)"
for _ in $(seq 100); do [ "$(pid)" != 0 ] && service status | grep -q '"answers": true' && break; sleep 0.3; done
say "$(service status)"
systemctl --user is-enabled agent-router >/dev/null && say '{{"enabled": true}}' || say '{{"enabled": false}}'
say "$(service install)"
say "$(service remove)"
say "$(service status)"
if systemctl --user show agent-router -p LoadState --value | grep -q not-found; then
  say '{{"known": false}}'
else
  say '{{"known": true}}'
fi
kill $manager; wait $manager
"""


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("unshare") is None or not Path(MANAGER).exists() or os.name != "posix" or os.geteuid() != 0,
    reason="no systemd to run here",
)
def test_it_is_kept_running_and_goes_without_a_trace(tmp_path: Path) -> None:
    config = tmp_path / ".config" / "agent-router" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"[server]\nport = {free_port()}\n")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AGENT_ROUTER_", "XDG_", "DBUS_", "SUDO_")) and not name.endswith("_API_KEY")
    }
    group = f"agent-router-test-{os.getpid()}"
    own = {
        "HOME": str(tmp_path),
        "PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "GROUP": group,
    }
    try:
        ran = subprocess.run(
            ["unshare", "--mount", "bash", "-c", SCRIPT],
            capture_output=True,
            text=True,
            env=kept | own,
            cwd=tmp_path,
            timeout=110,
            check=False,
        )
    finally:
        _forget(group)
    if ran.returncode == NOT_HERE or not ran.stdout:
        pytest.skip("no user manager can be run here")
    said = [json.loads(part) for part in ran.stdout.split("\0") if part.strip()]
    installed, before, after, enabled, again, removed, gone, known = said
    assert installed["running"] is True, installed
    assert (before["running"], before["answers"], before["enabled"]) == (True,) * 3
    assert before["pid"] != after["pid"], "killed, and started again"
    assert (after["running"], after["answers"], after["enabled"], after["address_is_the_services"]) == (True,) * 4
    assert enabled == {"enabled": True}
    assert again["running"] is True
    assert len(removed["removed"]) == 2
    assert (gone["installed"], gone["running"], gone["answers"]) == (False, False, False)
    assert known == {"known": False}
    assert not (tmp_path / ".config" / "systemd" / "user" / "agent-router.service").exists()


def _forget(group: str) -> None:
    """Take the test's control group away, where it is seen from outside."""
    for root in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified")):
        if (root / group).is_dir():
            for folder in sorted((root / group).rglob("*"), reverse=True):
                if folder.is_dir():
                    folder.rmdir()
            (root / group).rmdir()
