"""Where requests go: guards first, then the policy."""

from __future__ import annotations

from typing import Any

import pytest

from agent_router.errors import ApiError
from agent_router.hookspecs import Policy
from agent_router.routing.decision import Decision, Target, Verdict
from agent_router.routing.families import Families
from agent_router.routing.guards.capability import BYTES_PER_TOKEN
from agent_router.routing.guards.device import Device
from agent_router.routing.ladder import Ladder
from agent_router.routing.names import Names
from agent_router.routing.router import Router
from agent_router.settings import Settings
from tests.router.routing.bodies import made, vectors

OPENAI = Target("openai", "gpt-5.4")
OLLAMA = Target("ollama", "qwen3:8b")
RING = Target("ring", "a/b")
POCKET = Target("local", "pocket")
BGE = Target("local", "bge")
VECTORS = Target("openai", "text-embedding-3-small")
HEARTBEAT = "[OpenClaw heartbeat poll]"
UNPROVEN = "not proven yet: seen for the first time, 0.70 on 0 outcomes"
UPSTREAMS: dict[str, Any] = {
    "openai": {"base_url": "https://api.openai.com/v1", "models": ["gpt-5.4"]},
    "ring": {"base_url": "https://ring.example/v1"},
    "ollama": {"base_url": "http://localhost:11434/v1", "place": "device", "models": ["qwen3:8b"]},
}


class House:
    """A router with everything around it chosen by the test."""

    def __init__(
        self,
        *,
        upstreams: dict[str, Any] | None = None,
        local: tuple[str, ...] = ("pocket",),
        embedding: tuple[str, ...] = (),
        keyless: tuple[str, ...] = (),
        window: int | None = None,
        seconds: float | None = None,
        sick: tuple[str, ...] = (),
        families: Families | None = None,
        policy: Policy | None = None,
        **routing: Any,
    ) -> None:
        routing = {"local_families": ["heartbeat-*", "ask-*"], **routing}
        settings = Settings.model_validate(
            {"upstreams": UPSTREAMS if upstreams is None else upstreams, "routing": routing}
        )
        self.router = Router(
            settings,
            Names(settings, [*embedding, *local], lambda _: None, embedding),
            policy or Ladder(settings.routing),
            keyed=lambda provider: provider not in keyless,
            window=lambda _: window,
            seconds=lambda *_: seconds,
            healthy=lambda provider: provider not in sick,
            families=families,
        )

    def decide(self, content: Any = HEARTBEAT, headers: dict[bytes, bytes] | None = None, **more: Any) -> Decision:
        """The decision without what was known."""
        full = self.knowing(content, headers, **more)
        return Decision(full.targets, full.reason, full.propensity)

    def knowing(self, content: Any = HEARTBEAT, headers: dict[bytes, bytes] | None = None, **more: Any) -> Decision:
        return self.router.decide(*made(content, headers, **more))

    def embeds(self, model: str = "auto", headers: dict[bytes, bytes] | None = None, text: Any = "hello") -> Decision:
        return self.router.decide_embedding(*vectors(model, headers, text))

    def embeds_not(self, model: str = "auto", headers: dict[bytes, bytes] | None = None) -> ApiError:
        with pytest.raises(ApiError) as caught:
            self.embeds(model, headers)
        return caught.value

    def refuses(self, model: str, headers: dict[bytes, bytes] | None = None) -> ApiError:
        with pytest.raises(ApiError) as caught:
            self.decide(headers=headers, model=model)
        return caught.value


class Saying:
    """A policy that says what it was given, or fails with it."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def decide(self, task: object) -> Verdict:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer  # type: ignore[no-any-return]


PRIVATE = {b"x-agent-router-privacy": b"local-only"}


def test_auto_takes_listed_families_to_the_local_model_with_the_closed_side_behind() -> None:
    assert House().decide() == Decision((POCKET, OPENAI), "family is listed local")
    assert House(local_families=[]).decide() == Decision((OPENAI,), UNPROVEN)


def test_fallbacks_follow_in_their_order_once_each() -> None:
    house = House(fallback=["ring/a/b", "openai/gpt-5.4", "local", "ring/a/b"], local_families=[])
    assert house.decide().targets == (OPENAI, RING, POCKET)
    assert house.decide(model="closed").targets == (OPENAI, RING, POCKET)
    listed = House(fallback=["ring/a/b", "local"])
    assert listed.decide().targets == (POCKET, OPENAI, RING)


@pytest.mark.parametrize("target", [OPENAI, RING, OLLAMA, POCKET])
def test_a_chosen_model_is_never_hijacked(target: Target) -> None:
    house = House(fallback=["ring/x", "local"], window=1, seconds=1e9, keyless=("openai", "ring", "ollama"))
    assert house.decide(model=str(target)) == Decision((target,), "model named by the caller")


def test_local_is_local_and_nothing_else() -> None:
    assert House(fallback=["ring/a/b"]).decide(model="local") == Decision((POCKET,), "local named by the caller")
    error = House(local=()).refuses("local")
    assert (error.status, error.code) == (503, "no_local_model")


def test_closed_without_a_closed_side_says_what_to_do() -> None:
    error = House(upstreams={}).refuses("closed")
    assert (error.status, error.code) == (401, "no_closed_model")
    assert "OPENAI_API_KEY" in error.message


def test_without_a_key_all_is_local() -> None:
    house = House(keyless=("openai",), local_families=[])
    assert house.decide() == Decision((POCKET,), "no closed upstream with a key")
    assert not house.router.closed_available
    assert House(upstreams={}).decide().targets == (POCKET,)


def test_a_fallback_with_a_key_stands_in_for_a_closed_model_without() -> None:
    house = House(keyless=("openai",), fallback=["ring/a/b"], local_families=[])
    assert house.router.closed_available
    assert house.decide().targets == (OPENAI, RING)
    assert not House(keyless=("openai",), fallback=["local"]).router.closed_available


def test_without_a_local_model_all_is_closed() -> None:
    assert House(local=()).decide() == Decision((OPENAI,), "no local model")


def test_images_go_to_those_who_see() -> None:
    parts = [{"type": "text", "text": HEARTBEAT}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    assert House().decide(parts) == Decision((OPENAI,), "the local model sees no images and reads no files")


def test_what_does_not_fit_goes_to_the_closed_side() -> None:
    big = HEARTBEAT + "x" * 100 * BYTES_PER_TOKEN
    assert House(window=100).decide(big) == Decision((OPENAI,), "the prompt does not fit the local context window")
    assert House(window=1000).decide(big).targets[0] == POCKET
    assert House(window=None).decide(big).targets[0] == POCKET
    # A large bound on the answer is no demand for a large answer.
    assert House(window=100).decide(max_tokens=100_000).targets[0] == POCKET


def test_patience_is_for_those_who_wait() -> None:
    # The closed side takes 5 seconds until it is known better.
    assert House(seconds=30).decide("why?") == Decision((OPENAI,), "a local answer would take about 30 s")
    assert House(seconds=30).decide(HEARTBEAT).targets[0] == POCKET
    assert House(seconds=66).decide(HEARTBEAT).targets == (OPENAI,)
    assert House(seconds=6).decide("why?").targets[0] == POCKET
    assert House(seconds=30, patience={"interactive": 40}).decide("why?").targets[0] == POCKET
    assert House(seconds=None).decide("why?").targets[0] == POCKET


def test_patience_learns_how_long_the_closed_side_takes() -> None:
    house = House(seconds=30)
    for _ in range(100):
        house.router.patience.learn(40)
    assert house.decide("why?").targets[0] == POCKET


def test_a_policy_is_asked_only_where_there_is_a_choice() -> None:
    never = Saying(AssertionError("was asked"))
    assert House(local=(), policy=never).decide().reason == "no local model"
    assert House(keyless=("openai",), policy=never).decide().reason == "no closed upstream with a key"
    assert House(window=1, policy=never).decide().reason.startswith("the prompt")
    assert House(policy=never).decide(model="openai/x").reason == "model named by the caller"


def test_a_policys_propensity_is_kept() -> None:
    assert House(policy=Saying(Verdict("local", "canary", 0.05))).decide() == Decision((POCKET, OPENAI), "canary", 0.05)
    assert House(policy=Saying(Verdict("closed", "shadow", 0.95))).decide() == Decision((OPENAI,), "shadow", 0.95)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (ValueError("quotes the request"), "ValueError"),
        (RecursionError(), "RecursionError"),
        (None, "AttributeError"),
        (Verdict("hosted", "no such route"), "invalid verdict"),  # type: ignore[arg-type]
        (Verdict("local", "never", 0.0), "invalid verdict"),
        (Verdict("local", "odd", float("nan")), "invalid verdict"),
        (Verdict("local", "odd", "x"), "TypeError"),  # type: ignore[arg-type]
    ],
)
def test_a_policy_that_fails_costs_nobody_the_answer(
    answer: Any, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert House(policy=Saying(answer)).decide() == Decision((OPENAI,), f"policy ladder failed: {problem}")
    assert "quotes the request" not in caplog.text


def test_a_policys_reason_stays_short() -> None:
    assert len(House(policy=Saying(Verdict("local", "x" * 10_000))).decide().reason) == 200


@pytest.mark.parametrize("routing", [{"privacy": "local-only"}, {"local_only": ["heart*"]}, {}])
def test_what_is_private_stays(routing: dict[str, Any]) -> None:
    headers = PRIVATE if not routing else None
    house = House(fallback=["ring/a/b"], local_families=[], **routing)
    decision = house.decide(headers=headers)
    assert decision.targets == (POCKET,)
    assert "local-only" in decision.reason
    for model in ("closed", "openai/gpt-5.4", "gpt-5.4", "ring/x"):
        error = house.refuses(model, headers)
        assert (error.status, error.code, error.param) == (403, "local_only", "model")
    for model, target in (("local", POCKET), ("pocket", POCKET), ("ollama/qwen3:8b", OLLAMA), ("qwen3:8b", OLLAMA)):
        assert house.decide(model=model, headers=headers).targets == (target,)


def test_what_is_private_may_go_to_an_upstream_on_this_device() -> None:
    house = House(closed="ollama/qwen3:8b", fallback=["ring/a/b"], privacy="local-only", local_families=[])
    assert house.decide(model="closed").targets == (OLLAMA,)  # and not to its fallback elsewhere
    decision = house.decide()
    assert decision.targets == (OLLAMA,)
    assert decision.reason.startswith("privacy is local-only; not proven yet")
    behind = House(fallback=["ollama/qwen3:8b", "ring/a/b"], privacy="local-only")
    assert behind.decide().targets == (POCKET, OLLAMA)


def test_what_is_private_and_does_not_fit_does_not_leave_either() -> None:
    assert House(window=1, seconds=1e9, privacy="local-only").decide().targets == (POCKET,)
    assert House(local=(), privacy="local-only").refuses("auto").status == 503


def test_a_privacy_check_that_fails_keeps_the_request_here(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(local_families=[])

    def broken(*_: object) -> str | None:
        raise MemoryError

    monkeypatch.setattr(house.router._privacy, "reason", broken)
    assert house.decide() == Decision((POCKET,), "the privacy check failed; local")
    assert house.refuses("closed").status == 403


def test_an_unknown_name_is_not_found() -> None:
    assert House().refuses("../../etc/passwd").status == 404


def test_vectors_come_from_the_local_embedding_model() -> None:
    house = House(embedding=("bge", "nomic"), closed_embedding=str(VECTORS))
    assert house.embeds() == Decision((BGE,), "the local embedding model")
    assert house.embeds("local") == Decision((BGE,), "local named by the caller")
    assert house.embeds("nomic").targets == (Target("local", "nomic"),)
    assert house.embeds("closed") == Decision((VECTORS,), "closed named by the caller")
    assert house.embeds("ring/x") == Decision((Target("ring", "x"),), "model named by the caller")


def test_without_one_vectors_come_from_the_closed_embedding_model_and_never_from_another() -> None:
    house = House(closed_embedding=str(VECTORS), fallback=["ring/a/b", "local"])
    assert house.embeds() == Decision((VECTORS,), "no local embedding model")
    assert house.embeds("closed").targets == (VECTORS,)


@pytest.mark.parametrize("model", ["auto", "local", "closed"])
def test_with_none_at_all_it_is_said_how_to_add_one(model: str) -> None:
    error = House().embeds_not(model)
    assert (error.status, error.code, error.param) == (404, "no_embedding_model", "model")
    assert "models add" in error.message
    assert "closed_embedding" in error.message


def test_each_kind_of_local_model_takes_what_it_can() -> None:
    house = House(embedding=("bge",))
    for error in (house.embeds_not("pocket"), house.refuses("bge"), house.refuses("local/bge")):
        assert (error.status, error.code, error.param) == (400, "unsupported_model", "model")
    assert house.decide(model="local").targets == (POCKET,)
    assert house.decide().targets[0] == POCKET


@pytest.mark.parametrize("routing", [{"privacy": "local-only"}, {"local_only": ["hell*"]}, {}])
def test_texts_that_are_private_stay(routing: dict[str, Any]) -> None:
    headers = PRIVATE if not routing else None
    house = House(embedding=("bge",), closed_embedding=str(VECTORS), **routing)
    decision = house.embeds(headers=headers)
    assert decision.targets == (BGE,)
    assert "local-only" in decision.reason
    for model in ("closed", "ring/x"):
        error = house.embeds_not(model, headers)
        assert (error.status, error.code, error.param) == (403, "local_only", "model")
    assert house.embeds("ollama/qwen3:8b", headers).targets == (OLLAMA,)
    assert House(closed_embedding=str(VECTORS), **routing).embeds_not("auto", headers).code == "no_embedding_model"
    assert House(closed_embedding="ollama/nomic", **routing).embeds("auto", headers).targets[0].provider == "ollama"


def test_tokens_that_cannot_be_searched_for_paths_stay_where_paths_are_guarded() -> None:
    house = House(embedding=("bge",), local_only=["~/secret/*"])
    assert house.embeds(text=[[1, 2]]).reason.startswith("its tokens cannot be searched")
    with pytest.raises(ApiError, match="must not leave"):
        house.embeds("ring/x", text=[1, 2])
    assert house.embeds("ring/x", text=["a"]).targets[0].provider == "ring"
    assert House(local_only=["codex"]).embeds("ring/x", text=[1, 2]).targets[0].provider == "ring"


def learnt(good: float, times: int = 30, ask: str = "Why is the sky blue?") -> Families:
    """Families that know how good the local model is at one ask."""
    families = Families(b"")
    for _ in range(times):
        known = families.known(made(ask)[0], "pocket")
        assert known.reading is not None
        families.learn("pocket", known.reading, good, 0.92)
    return families


def test_what_was_learnt_decides() -> None:
    for good, route in ((1.0, POCKET), (0.0, OPENAI)):
        decision = House(families=learnt(good), local_families=[]).knowing("Why is the sky blue?")
        assert decision.targets[0] == route
        assert decision.standing is not None
        assert decision.verdict is not None
        assert decision.reading is not None
        assert decision.auto


def test_guards_speak_in_their_order_and_by_name() -> None:
    ask = "Why is the sky blue?"
    known = learnt(1.0)
    image = [{"type": "text", "text": ask}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    pins = {"ask-*": "closed"}
    everything: dict[str, Any] = {
        "families": known,
        "local_families": [],
        "pins": pins,
        "sick": ("local",),
        "seconds": 99,
    }
    assert House(**everything, privacy="local-only").knowing(ask).guard == "privacy"
    assert House(**everything).knowing(image).guard == "capability"
    assert House(**everything).knowing(ask).guard == "pin"
    del everything["pins"]
    decision = House(**everything).knowing(ask)
    assert (decision.guard, decision.reason) == ("health", "the local model is failing")
    del everything["sick"]
    decision = House(**everything).knowing(ask)
    assert (decision.guard, decision.targets) == ("patience", (OPENAI,))
    assert decision.verdict is not None
    assert decision.verdict.route == "local"  # what the ladder would have done
    del everything["seconds"]
    assert House(**everything).knowing(ask).guard is None


def test_what_is_nearly_proven_stands_in_for_a_closed_side_that_fails() -> None:
    fair = learnt(0.85)
    assert House(families=fair, local_families=[]).knowing("Why is the sky blue?").targets == (OPENAI,)
    decision = House(families=fair, local_families=[], sick=("openai",)).knowing("Why is the sky blue?")
    assert (decision.targets, decision.guard) == ((POCKET, OPENAI), "health")
    assert decision.reason.startswith("the closed side is failing; ")
    bad = learnt(0.3)
    assert House(families=bad, local_families=[], sick=("openai",)).knowing("Why is the sky blue?").targets == (OPENAI,)


def test_how_long_the_family_took_before_goes_before_its_size() -> None:
    families = learnt(1.0)
    house = House(families=families, local_families=[], seconds=30)  # of a long prompt that is not in the cache
    assert house.knowing("Why is the sky blue?").guard == "patience"
    name = made("Why is the sky blue?")[0].family.name
    families.tried(name, 0.4)
    house.router._seconds = lambda *_: 0.1
    decision = house.knowing("Why is the sky blue?")
    assert (decision.guard, decision.expected) == (None, pytest.approx(0.5))
    house.router._seconds = lambda *_: 20.0  # others wait there
    assert house.knowing("Why is the sky blue?").guard == "patience"


def test_on_the_battery_it_goes_where_the_user_wants() -> None:
    class OnBattery(Device):
        on_battery = True  # type: ignore[assignment]

    for side, target in (("local", POCKET), ("closed", OPENAI)):
        house = House(on_battery=side)
        house.router.device = OnBattery()
        assert house.knowing().targets[0] == target
