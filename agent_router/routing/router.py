"""Decides where a request goes: the guards in their order, then the policy."""

from __future__ import annotations

import logging
from collections.abc import Callable

from agent_router.errors import ApiError
from agent_router.hookspecs import Policy
from agent_router.routing.decision import Decision, Target, Verdict
from agent_router.routing.family import BACKGROUND
from agent_router.routing.names import LOCAL, Names
from agent_router.routing.privacy import Privacy
from agent_router.routing.task import Task
from agent_router.settings import Settings

log = logging.getLogger("agent_router")

# A prompt with more bytes than this for each token of the context window does not fit, whatever the tokenizer.
BYTES_PER_TOKEN = 8


class Router:
    """`window` gives the local model's context window in tokens, None while unknown; `seconds` predicts how long it
    would take for (prompt tokens, answer tokens), None while unknown; `keyed` says whether an upstream has its key."""

    def __init__(
        self,
        settings: Settings,
        names: Names,
        policy: Policy,
        *,
        keyed: Callable[[str], bool],
        window: Callable[[str], int | None],
        seconds: Callable[[str, int, int], float | None],
    ) -> None:
        self.names = names
        self._settings = settings
        self._policy = policy
        self._privacy = Privacy(settings.routing)
        self._keyed = keyed
        self._window = window
        self._seconds = seconds
        self._closed_seconds = 5.0  # how long the closed side usually takes; a moving average

    @property
    def closed_available(self) -> bool:
        """Whether there is a closed side, or what stands in for it, with its key."""
        return self._available(self._closed_side())

    def learn_closed_seconds(self, seconds: float) -> None:
        """Take the duration of one more answer of the closed side."""
        self._closed_seconds += 0.1 * (seconds - self._closed_seconds)

    def decide(self, task: Task, raw: bytes) -> Decision:
        """The decision; ApiError where the request can go nowhere. `raw` is only searched, never kept."""
        named = self.names.resolve(task.requested_model)
        private = self._private(task, raw)
        if isinstance(named, Target):
            if self.names.makes_vectors(named):
                raise _wrong_kind(f"{named} is an embedding model, which writes no text")
            return self._chosen(named, private)
        if named == "local":
            return Decision((self._local(),), "local named by the caller")
        if named == "closed":
            closed = self._closed()
            if private and not self._stays_here(closed[0]):
                raise _forbidden(private)
            return Decision(self._allowed(closed, private), "closed named by the caller")
        decision = self._auto(task, private)
        if private:
            return Decision(decision.targets, f"{private}; {decision.reason}", decision.propensity)
        return decision

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

    def _auto(self, task: Task, private: str | None) -> Decision:
        local = self.names.default_local
        closed = self._allowed(self._closed_side(), private)
        if not self._available(closed):
            return Decision((self._local(),), "local" if private else "no closed upstream with a key")
        if local is None:
            return Decision(closed, "no local model")
        incapable = self._incapable(task, local)
        if incapable:
            return Decision(closed, incapable)
        verdict = self._verdict(task)
        if verdict.route == "closed":
            return Decision(closed, verdict.reason, verdict.propensity)
        impatient = self._too_slow(task, local)
        if impatient:
            return Decision(closed, impatient)
        return Decision(tuple(dict.fromkeys((local, *closed))), verdict.reason, verdict.propensity)

    def _verdict(self, task: Task) -> Verdict:
        """The policy's. One that fails costs nobody the answer: the closed side is the safe one."""
        try:
            verdict = self._policy.decide(task)
            if verdict.route in ("local", "closed") and 0 < verdict.propensity <= 1:
                return Verdict(verdict.route, str(verdict.reason)[:200], float(verdict.propensity))
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

    def _incapable(self, task: Task, local: Target) -> str | None:
        """Why the local model cannot take the task. What only its tokenizer knows, the engine says later."""
        if task.images:
            return "the local model sees no images"
        window = self._window(local.model)
        if window is not None and task.prompt_bytes > window * BYTES_PER_TOKEN:
            return "the prompt does not fit the local context window"
        return None

    def _too_slow(self, task: Task, local: Target) -> str | None:
        patience = self._settings.routing.patience
        extra = patience.background if task.family.kind in BACKGROUND else patience.interactive
        expected = self._seconds(local.model, task.prompt_bytes // 4, min(task.output_limit or 128, 128))
        if expected is not None and expected > self._closed_seconds + extra:
            return f"a local answer would take about {expected:.0f} s"
        return None

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
