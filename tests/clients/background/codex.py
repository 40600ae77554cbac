"""Codex: compaction, titles, memories of earlier sessions, and a reviewer of what it wants to run."""

from __future__ import annotations

from collections.abc import Sequence

from tests.clients.background.client import Client, Rule, Session
from tests.clients.background.place import Place
from tests.clients.background.screen import COMPACTED, screen

_CONFIGURATION = """\
model = "{model}"
model_provider = "router"
approval_policy = "on-request"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false

[model_providers.router]
name = "router"
base_url = "{url}/v1"
env_key = "ROUTER_KEY"
wire_api = "responses"

[analytics]
enabled = false

[features]
memories = true
daemon_auto_start = false

[memories]
generate_memories = true
use_memories = true
min_rollout_idle_hours = 0
max_rollout_age_days = 30
extract_model = "{model}"
consolidation_model = "{model}"

[projects."{work}"]
trust_level = "trusted"
"""


def drive(place: Place, sessions: Sequence[Session]) -> None:
    folder = place.home / ".codex"
    folder.mkdir()
    configuration = _CONFIGURATION.format(model=place.model, url=place.url, work=place.work)
    (folder / "config.toml").write_text(configuration)
    program, given = place.program("codex"), {"ROUTER_KEY": "k"}
    for nth, asks in enumerate(sessions):
        if nth == 0:
            for turn, ask in enumerate(asks):
                place.run(program, "exec", *(("resume", "--last") if turn else ()), ask, **given)
            continue
        reviewed = ("-c", "approvals_reviewer=auto_review", "-s", "workspace-write") if nth % 2 else ()
        with screen(place, program, *reviewed, **given) as it:
            it.wait("context left|/model to change|for shortcuts", 30)
            it.still(2, 20)
            it.say(*asks, "List what is there. RUN sudo ls", *COMPACTED)


CLIENT = Client(
    name="codex",
    folder="codex",
    package="@openai/codex",
    rules=(
        Rule("summary", "CONTEXT CHECKPOINT COMPACTION", "last"),
        Rule("title", "task title of at most", "raw"),
        Rule("title", "Generate a thread title", "raw"),
        Rule("memory", "Memory Writing Agent", "raw"),
        Rule("memory", "You are part of an agent memory system"),
        Rule("memory", "Analyze this rollout and produce JSON", "last"),
        Rule("memory", "Consolidate the supplied rollout summaries", "last"),
        Rule("check", "You are judging one planned coding-agent action", "raw"),
        Rule(None, "Codex"),
    ),
    drive=drive,
)
