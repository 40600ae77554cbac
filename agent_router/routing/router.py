"""Decides where a request goes: the guards in their order, then the policy."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from msgspec import structs

from agent_router.errors import ApiError
from agent_router.hookspecs import Policy
from agent_router.routing.decision import Decision, Target, Verdict
from agent_router.routing.families import Families
from agent_router.routing.guards.budget import Budget
from agent_router.routing.guards.capability import incapable
from agent_router.routing.guards.device import Device
from agent_router.routing.guards.patience import Patience, tokens
from agent_router.routing.guards.pins import Pins
from agent_router.routing.guards.stickiness import Stickiness
from agent_router.routing.ladder import LEAST_EVIDENCE
from agent_router.routing.names import LOCAL, Names
from agent_router.routing.privacy import Privacy
from agent_router.routing.task import Task
from agent_router.settings import Settings

log = logging.getLogger("agent_router")

_NEARLY = 0.85  # of what a family must promise, with which it stands in for a closed side that fails


class Router:
    """`window` gives a local model's context window in tokens, None while unknown; `seconds` predicts how long it
    would take for (prompt tokens, answer tokens), None while unknown; `keyed` says whether an upstream has its key,
    `healthy` whether its breaker lets requests through."""

    def __init__(
        self,
        settings: Settings,
        names: Names,
        policy: Policy,
        *,
        keyed: Callable[[str], bool],
        window: Callable[[str], int | None],
        seconds: Callable[[str, int, int], float | None],
        healthy: Callable[[str], bool] = lambda _: True,
        families: Families | None = None,
        budget: Budget | None = None,
        device: Device | None = None,
    ) -> None:
        self.names = names
        self.families = Families(b"") if families is None else families
        self.stickiness = Stickiness()
        self.patience = Patience(settings.routing.patience)
        self.budget = budget or Budget(settings.routing.budget)
        self.device = device or Device()
        self._settings = settings
        self._policy = policy
        self._privacy = Privacy(settings.routing)
        self._pins = Pins(settings.routing.pins)
        self._keyed = keyed
        self._window = window
        self._seconds = seconds
        self._healthy = healthy

    @property
    def closed_available(self) -> bool:
        """Whether there is a closed side, or what stands in for it, with its key."""
        return self._available(self._closed_side())

    def decide(self, task: Task, raw: bytes) -> Decision:
        """The decision; ApiError where the request can go nowhere. `raw` is only searched, never kept."""
        private = self._private(task, raw)
        decision = self._decide(task, private)
        return structs.replace(decision, private=True) if private else decision

    def _decide(self, task: Task, private: str | None) -> Decision:
        named = self.names.resolve(task.requested_model)
        if named == "auto":
            local = self.names.default_local
            task = task if local is None or task.test else self._known(task, local)
            decision = self._auto(task, local, private)
            reason, guard = (
                (f"{private}; {decision.reason}", "privacy") if private else (decision.reason, decision.guard)
            )
            return structs.replace(decision, reason=reason, guard=guard, standing=task.standing, reading=task.reading)
        if not task.test:
            self.families.met(task)
        if isinstance(named, Target):
            if self.names.makes_vectors(named):
                raise _wrong_kind(f"{named} is an embedding model, which writes no text")
            decision = self._chosen(named, private)
        elif named == "local":
            decision = Decision((self._local(),), "local named by the caller")
        else:
            closed = self._closed()
            if private and not self._stays_here(closed[0]):
                raise _forbidden(private)
            decision = Decision(self._allowed(closed, private), "closed named by the caller")
        return self._affordable(task, decision)

    def stays_here(self, task: Task, raw: bytes) -> bool:
        """Whether a request must not leave the machine."""
        return self._private(task, raw) is not None

    def aim(self, task: Task, raw: bytes) -> Target:
        """Whose tokens are to be counted for a request: the model it names, else the closed one, or the local one if it
        must stay here or there is no other. Nothing is learnt of it."""
        named = self.names.resolve(task.requested_model)
        private = self._private(task, raw)
        if isinstance(named, Target):
            return self._chosen(named, private).targets[0]
        closed = self._allowed(self._closed_side(), private)
        if named == "local" or not self._available(closed):
            return self._local()
        return closed[0]

    def decide_embedding(self, task: Task, raw: bytes) -> Decision:
        """The decision for a request for vectors. One target only: another model's vectors could not be compared with
        those that the caller has already."""
        named = self.names.resolve(task.requested_model)
        private = self._private(task, raw)
        if isinstance(named, Target):
            if self.names.makes_vectors(named) is False:
                raise _wrong_kind(f"{named} is a text model, which makes no vectors")
            return self._chosen(named, private)
        local, closed = self.names.local_embedding, self.names.closed_embedding
        reason = f"{named} named by the caller"
        if named == "auto":
            away = closed is None or (private is not None and not self._stays_here(closed))
            named = "local" if local is not None or away else "closed"
            reason = "the local embedding model" if local is not None else "no local embedding model"
            reason = f"{private}; {reason}" if private else reason
        target = local if named == "local" else closed
        if target is None:
            raise _no_embeddings(named)
        if private and not self._stays_here(target):
            raise _forbidden(private)
        return Decision((target,), reason)

    def _chosen(self, named: Target, private: str | None) -> Decision:
        if private and not self._stays_here(named):
            raise _forbidden(private)
        return Decision((named,), "model named by the caller")

    def _auto(self, task: Task, local: Target | None, private: str | None) -> Decision:
        """The guards in their order, then the policy. Each stage either decides or leaves it to the next."""
        closed = self._allowed(self._closed_side(), private)
        if not self._available(closed):
            reason = "local" if private else "no closed upstream with a key"
            return Decision((self._local(),), reason, guard="privacy" if private else "health")
        if local is None:
            return Decision(closed, "no local model", guard="capability")
        both = tuple(dict.fromkeys((local, *closed)))

        def to(route: str, reason: str, guard: str) -> Decision:
            targets = both if route == "local" else closed
            return Decision(targets, reason, guard=guard, auto=True)

        cannot = incapable(task, self._window(local.model))
        spending = self.budget.spending(task.agent)
        if spending.state == "hard":
            targets = tuple(target for target in closed if self._free(target))
            if cannot and not targets:
                raise _unaffordable(spending.reason, spending.until, cannot)
            if not cannot:
                targets = tuple(dict.fromkeys((local, *targets)))
            return Decision(targets, spending.reason, guard="budget")
        if cannot:
            return to("closed", cannot, "capability")
        pinned = self._pins.route(task)
        if pinned is not None:
            return to(*pinned, "pin")
        if not self._healthy(local.provider):
            return to("closed", "the local model is failing", "health")
        began = self.stickiness.loop(task)
        if began is not None:
            return to(began.route, "the tool loop began there", "stickiness")
        task = structs.replace(task, frugal=spending.state == "soft")
        return self._earned(task, local, closed)

    def _earned(self, task: Task, local: Target, closed: tuple[Target, ...]) -> Decision:
        """The policy's choice, unless the machine or who waits for the answer is against it."""
        verdict = self._verdict(task)
        name = task.family.name
        if task.standing is not None and verdict.rung is not None:
            self.families.moved(name, verdict.rung, verdict.reason)
        output = self.families.output(name)
        expected = self._expected(task, local, output)
        if verdict.route == "closed" and self._stands_in(task, verdict, closed):
            targets = tuple(dict.fromkeys((local, *closed)))
            reason = f"the closed side is failing; {verdict.reason}"
            return Decision(targets, reason, 1.0, "health", True, None, verdict, expected)
        against = self._against(task, verdict, expected, output)
        if against is None and verdict.route == "local":
            targets = tuple(dict.fromkeys((local, *closed)))
            return Decision(targets, verdict.reason, verdict.propensity, None, True, None, verdict, expected)
        reason, guard = against or (verdict.reason, None)
        propensity = 1.0 if against else verdict.propensity
        return Decision(closed, reason, propensity, guard, True, None, verdict, expected)

    def _expected(self, task: Task, local: Target, output: float | None) -> float | None:
        """Seconds that a local answer would take, behind those that wait; None while nobody knows. What the family took
        before goes before what the size says: how much of a prompt is in the cache already, only that shows."""
        before = self.families.local_seconds(task.family.name)
        if before is None:
            return self._seconds(local.model, *tokens(task, output))
        waiting = self._seconds(local.model, 1, 1)
        return None if waiting is None else before + waiting

    def _stands_in(self, task: Task, verdict: Verdict, closed: tuple[Target, ...]) -> bool:
        """Whether a family that is nearly proven is answered locally because nothing of the closed side answers now."""
        standing = task.standing
        if standing is None or any(self._healthy(target.provider) for target in closed):
            return False
        needed = verdict.threshold
        return needed is not None and standing.evidence >= LEAST_EVIDENCE and standing.mean >= _NEARLY * needed

    def _against(
        self, task: Task, verdict: Verdict, expected: float | None, output: float | None
    ) -> tuple[str, str] | None:
        """What speaks against a local answer that the policy would give: the reason, and the guard's name."""
        if verdict.route != "local":
            return None
        if self.stickiness.costs_more(task, output):
            return "leaving the closed side's prompt cache would cost more", "stickiness"
        if self._settings.routing.on_battery == "closed" and self.device.on_battery:
            return "the machine runs on its battery", "device"
        allowed = self.patience.allowed(task, self.families.closed_seconds(task.family.name))
        if expected is not None and expected > allowed:
            return f"a local answer would take about {expected:.0f} s", "patience"
        return None

    def _known(self, task: Task, local: Target) -> Task:
        """The task with what is known of its family. What fails there costs nobody the answer."""
        try:
            return self.families.known(task, local.model)
        except Exception:
            log.exception("What is known of a family could not be read.")
            return task

    def _affordable(self, task: Task, decision: Decision) -> Decision:
        """The decision, unless a budget is spent that its model costs."""
        spending = self.budget.spending(task.agent)
        if spending.state != "hard":
            return decision
        targets = tuple(target for target in decision.targets if self._free(target))
        if not targets or targets[0] != decision.targets[0]:
            raise _unaffordable(spending.reason, spending.until, "the caller names a closed model")
        return structs.replace(decision, targets=targets)

    def _free(self, target: Target) -> bool:
        """Whether answers from there cost no money a call."""
        return self.names.place(target.provider) in ("device", "lan", "subscription")

    def _verdict(self, task: Task) -> Verdict:
        """The policy's. One that fails costs nobody the answer: the closed side is the safe one."""
        try:
            verdict = self._policy.decide(task)
            if verdict.route in ("local", "closed") and 0 < verdict.propensity <= 1:
                return structs.replace(verdict, reason=str(verdict.reason)[:200], propensity=float(verdict.propensity))
            problem = "invalid verdict"
        except Exception as error:
            problem = type(error).__name__  # its words may quote the request
        log.warning("The policy %s failed: %s.", self._settings.routing.policy, problem)
        return Verdict("closed", f"policy {self._settings.routing.policy} failed: {problem}")

    def _private(self, task: Task, raw: bytes) -> str | None:
        try:
            return self._privacy.reason(task, raw)
        except Exception as error:
            log.warning("The privacy check failed: %s.", type(error).__name__)
            return "the privacy check failed"

    def _local(self) -> Target:
        target = self.names.default_local
        if target is None:
            raise ApiError(
                503,
                "There is no local model. Add one with `agent-router models add PATH.gguf`.",
                kind="server_error",
                code="no_local_model",
            )
        return target

    def _closed(self) -> tuple[Target, ...]:
        closed = self._closed_side()
        if not closed:
            raise ApiError(
                401,
                "No closed model is configured: set OPENAI_API_KEY or ANTHROPIC_API_KEY, or [routing] closed.",
                kind="authentication_error",
                code="no_closed_model",
            )
        return closed

    def _closed_side(self) -> tuple[Target, ...]:
        """The closed model and its fallbacks; empty if there is none."""
        closed = self.names.closed
        return () if closed is None else tuple(dict.fromkeys((closed, *self.names.fallback)))

    def _available(self, closed: tuple[Target, ...]) -> bool:
        return any(target.route == "closed" and self._keyed(target.provider) for target in closed)

    def _allowed(self, targets: tuple[Target, ...], private: str | None) -> tuple[Target, ...]:
        """Those that a request may go to: all of them, or if it is private those on this machine."""
        return tuple(target for target in targets if self._stays_here(target)) if private else targets

    def _stays_here(self, target: Target) -> bool:
        return target.provider == LOCAL or self._settings.upstreams[target.provider].place == "device"


def _forbidden(reason: str) -> ApiError:
    return ApiError(
        403,
        f"This request must not leave the machine ({reason}), and the model that it names is elsewhere.",
        kind="permission_error",
        code="local_only",
        param="model",
    )


def _unaffordable(reason: str, until: datetime | None, but: str) -> ApiError:
    anew = f" It begins anew on {until:%Y-%m-%d at %H:%M}." if until else ""
    return ApiError(
        402,
        f"{reason[0].upper()}{reason[1:]}, and {but}.{anew} Raise it in [routing.budget], or name a local model.",
        kind="insufficient_quota",
        code="budget_exceeded",
    )


def _wrong_kind(what: str) -> ApiError:
    return ApiError(400, f"{what}.", code="unsupported_model", param="model")


def _no_embeddings(side: str) -> ApiError:
    return ApiError(
        404,
        f"There is no {side} embedding model. Add one with `agent-router models add PATH.gguf` (bge, nomic-embed, "
        "Qwen3-Embedding …), name one at an upstream as `provider/model`, or set [routing] closed_embedding.",
        code="no_embedding_model",
        param="model",
    )
