"""Plugins of installed packages, as pip leaves them on the path."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_router import plugins
from agent_router.errors import ConfigError
from agent_router.importers import importers
from agent_router.routing.policies import Ladder
from agent_router.settings import Routing

Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a package with one module and an entry point to it on the path."""

    def installed(name: str, source: str) -> None:
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[agent_router]\n{name} = {name}\n")
        (tmp_path / f"{name}.py").write_text(source)
        monkeypatch.delitem(sys.modules, name, raising=False)

    monkeypatch.syspath_prepend(str(tmp_path))
    return installed


MINE = """
from agent_router.hookspecs import hookimpl
from agent_router.routing.decision import Verdict

class Mine:
    def __init__(self, routing):
        self.floor = routing.quality_floor
    def decide(self, task):
        return Verdict("local", "mine", 0.5)

@hookimpl
def agent_router_policies():
    return {"NAME": Mine}
"""


def test_the_built_in_policies_are_plugins_too() -> None:
    assert set(plugins.policy_factories()) == {"ladder", "always-closed", "always-local", "rules"}
    assert isinstance(plugins.policy(Routing()), Ladder)


def test_an_installed_package_brings_a_policy(install: Install) -> None:
    install("ar_mine", MINE.replace("NAME", "mine"))
    made = plugins.policy(Routing(policy="mine", quality_floor=0.5))
    assert made.floor == 0.5  # type: ignore[attr-defined]
    assert set(plugins.policy_factories()) >= {"mine", "ladder"}


def test_a_plugin_may_replace_a_built_in_policy(install: Install) -> None:
    install("ar_ladder", MINE.replace("NAME", "ladder"))
    assert type(plugins.policy(Routing())).__name__ == "Mine"


def test_an_unknown_policy_is_answered_with_those_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r"no policy 'ladde'\. Policies: always-closed, always-local, ladder, rules\."
    ):
        plugins.policy(Routing(policy="ladde"))


@pytest.mark.parametrize(
    "source",
    [
        "import a_module_that_is_not_there",
        "this is no python",
        "raise RuntimeError('on import')",
        "from agent_router.hookspecs import hookimpl\n@hookimpl\ndef agent_router_policies(nothing):\n    return {}",
        "from agent_router.hookspecs import hookimpl\n@hookimpl\ndef agent_router_no_such_hook():\n    return {}",
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_named_with_its_package(install: Install, source: str) -> None:
    install("ar_broken", source)
    with pytest.raises(ConfigError, match=r"The plugin 'ar_broken' of ar_broken cannot be loaded: .*uninstall"):
        plugins.manager()


def test_a_hook_that_returns_something_else(install: Install) -> None:
    source = "from agent_router.hookspecs import hookimpl\n@hookimpl\ndef agent_router_policies():\n    return ['mine']"
    install("ar_odd", source)
    with pytest.raises(ConfigError, match="list where policies by name are expected"):
        plugins.policy_factories()


def test_a_hook_that_returns_nothing_brings_nothing(install: Install) -> None:
    install("ar_none", "from agent_router.hookspecs import hookimpl\n@hookimpl\ndef agent_router_policies():\n    pass")
    assert "ladder" in plugins.policy_factories()


def test_a_policy_that_cannot_be_made_says_why(install: Install) -> None:
    install("ar_unmade", MINE.replace("NAME", "unmade").replace("routing.quality_floor", "routing.nothing_such"))
    with pytest.raises(ConfigError, match="the policy 'unmade' cannot be made: AttributeError"):
        plugins.policy(Routing(policy="unmade"))


IMPORTER = """
from datetime import UTC, datetime
from pathlib import Path
from agent_router.hookspecs import hookimpl
from agent_telemetry.usage_record import UsageRecord

class Mine:
    name, title = "NAME", "Mine"
    def folders(self, home):
        return [home.folder / "mine"]
    def logs(self, home):
        return [str(path) for path in (home.folder / "mine").glob("*.txt")]
    def read(self, log):
        for number, line in enumerate(log.lines()):
            if line:
                yield UsageRecord(source=self.name, key=f"{log.name}{number}", time=datetime.now(UTC), agent=self.name,
                                  model="qwen3:8b", input=int(line), output=1)

@hookimpl
def agent_router_importers():
    return [Mine()]
"""


def test_an_installed_package_brings_an_importer(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agent_telemetry.importers.home import Home
    from agent_telemetry.importers.import_run import import_logs
    from agent_telemetry.ledger_reader import recent

    install("ar_mine", IMPORTER.replace("NAME", "mine"))
    assert {"claude", "codex", "mine"} <= {each.name for each in importers()}
    assert plugins.policy_factories()  # other hooks of the same package are no one's trouble
    (chosen,) = importers(only=("mine",))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("7\n8\n")
    import_logs(tmp_path / "ledger.sqlite3", [chosen], Home(tmp_path, {}), lambda: lambda row: row)
    assert sorted(row.input or 0 for row in recent(tmp_path / "ledger.sqlite3")) == [7, 8]


def test_an_importer_takes_the_place_of_a_built_in_one(install: Install) -> None:
    install("ar_mine", IMPORTER.replace("NAME", "codex"))
    assert {each.name: each.title for each in importers()}["codex"] == "Mine"
    assert "codex" not in {each.name for each in importers(without=("codex",))}


def test_importers_that_cannot_be_loaded(install: Install) -> None:
    install("ar_broken", "import nothing_such")
    with pytest.raises(ConfigError, match="'ar_broken' of ar_broken cannot be loaded: ModuleNotFoundError"):
        importers()
