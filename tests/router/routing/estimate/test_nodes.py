"""What makes two requests the same template."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_router.routing.estimate.nodes import Asked, nodes

MAIL = "You triage incoming mail for the owner. Output strictly what is asked for. Now: "
ASK = "Classify this message with exactly one label.\nFrom: a@b.org\nReceived: 2026-11-{}\n\n{}"


def test_what_differs_each_time_is_no_part_of_a_node() -> None:
    first = nodes(Asked(MAIL + "Mon 09:12", ASK.format("02 09:11", "the printer is on fire again")))
    second = nodes(Asked(MAIL + "Tue 18:40", ASK.format("03 18:39", "lunch tomorrow with the others?")))
    assert first.chains[0] == second.chains[0]
    assert first.template == second.template
    assert first.chains[2] != second.chains[2]  # they end otherwise


def test_an_ask_keeps_its_own_template_whatever_wraps_it() -> None:
    ask = "Write one regular expression for: lines that end with a semicolon"
    bare = nodes(Asked("", ask))
    wrapped = nodes(Asked("You are a coding agent.", ask, ("read_file", "shell")))
    assert bare.template == wrapped.template
    assert set(bare.chains[0]).isdisjoint(wrapped.chains[0])


def test_tools_and_schema_tell_agents_apart() -> None:
    chains = {
        nodes(Asked("s", "a", tools, schema)).chains[0] for tools in ((), ("t",)) for schema in ((), ("t",), ("u",))
    }
    assert len(chains) == 6


def test_nobody_without_the_salt_can_test_a_guess() -> None:
    asked = Asked("system", "what is my password")
    assert set(sum(nodes(asked, b"one").chains, ())).isdisjoint(sum(nodes(asked, b"two").chains, ()))


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_has_nodes(system: str, ask: str) -> None:
    found = nodes(Asked(system, ask))
    assert [len(chain) for chain in found.chains] == [3, 2, 2]
    assert len(found.special) == 5
    assert nodes(Asked(system, ask)) == found
