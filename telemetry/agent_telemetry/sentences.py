"""Why a call went where it went, in sentences."""

from __future__ import annotations

from agent_telemetry.explanation import Explanation
from agent_telemetry.trial import Trial
from agent_telemetry.usage_record import UsageRecord


def sentences(explanation: Explanation) -> list[str]:
    """The explanation for a person, a sentence a line."""
    call, known = explanation.call, explanation.known
    if call.source != "proxy":
        return _told_of(call)
    who = call.agent or "an unknown agent"
    said = [
        f"{call.time.astimezone():%Y-%m-%d %H:%M:%S}: {who} asked for {call.requested_model or 'no model'}; "
        f"{call.model or 'nothing'} at {call.provider or 'no upstream'} answered "
        f"({call.route or 'no route'}, {call.status})."
    ]
    if call.family:
        seen = f", seen {known['seen']:,} times until then" if isinstance(known.get("seen"), int) else ""
        said.append(f"Its family is {call.family}{seen}.")
    said.append(f"Why: {call.reason or 'unknown'}.")
    if (guard := known.get("guard")) is not None:
        said.append(f"The guard that spoke: {guard}.")
    if known.get("rung") is not None:
        said.append(f"On the ladder: {known['rung']}; {_estimate(known)}")
    if isinstance(known.get("expected_s"), int | float):
        said.append(f"A local answer was expected to take {known['expected_s']:.1f} s.")
    if call.propensity is not None and call.propensity < 1:
        said.append(f"The dice had their say: this side was taken with a probability of {call.propensity:.2f}.")
    if known.get("verified") is not None:
        said.append(_verified(str(known["verified"]), known.get("held_ms")))
    said += [_trial(trial) for trial in explanation.trials]
    said += [
        f"Learnt of the {outcome.route} answer: {outcome.signal}, good {outcome.good:.2f} "
        f"(says so of {outcome.f1:.0%} of the good and {outcome.f0:.0%} of the bad ones)."
        for outcome in explanation.outcomes
    ]
    said.append(_cost(call))
    return said


def _told_of(call: UsageRecord) -> list[str]:
    """A call that is known from elsewhere: nobody said why it went where it went."""
    said = [
        f"{call.time.astimezone():%Y-%m-%d %H:%M:%S}: {call.agent or 'an unknown agent'} called "
        f"{call.model or 'an unknown model'} at {call.provider or 'an unknown provider'} ({call.status})."
    ]
    if call.source == "audit":
        said.append("The router asked it itself, to see whether the closed side agrees with a local answer.")
    elif call.duplicate == "proxy":
        said.append(f"{call.source} tells of it. It passed through the router as well: that row counts, this one not.")
    elif call.duplicate is not None:
        said.append(f"{call.source} tells of it, and so does {call.duplicate}: that row counts, this one does not.")
    else:
        said.append(f"It did not pass through the router; {call.source} tells of it.")
    return [*said, _cost(call)]


def _estimate(known: dict[str, object]) -> str:
    mean, lower, upper = (known.get(name) for name in ("mean", "lower", "upper"))
    if not (isinstance(mean, float) and isinstance(lower, float) and isinstance(upper, float)):
        return "nothing was known."
    words = f"the local model's success is put at {mean:.2f} ({lower:.2f} to {upper:.2f}, 95 %)"
    evidence = known.get("evidence")
    words += f" on {evidence if isinstance(evidence, int | float) else 0:.1f} outcomes"
    needed = known.get("threshold")
    return words + (f"; {needed:.2f} is needed." if isinstance(needed, float) else ".")


def _verified(verdict: str, held: object) -> str:
    waited = f", held back for {held:.0f} ms" if isinstance(held, int | float) else ""
    if verdict == "ok":
        return f"The local answer was verified{waited}."
    return f"The local answer was refused before a byte was released: {verdict}{waited}."


def _trial(trial: Trial) -> str:
    where = f"{trial.model} at {trial.provider}"
    what = {
        "attempt": f"First {where} answered, and was refused",
        "sample": f"{where} was asked a second time",
        "shadow": f"{where} was tried in the background",
        "audit": f"{where} was asked in the background, as an audit",
    }[trial.purpose]
    if trial.problem:
        what += f": {trial.problem}"
    if trial.agree is not None:
        what += "; the two agree" if trial.agree else "; the two differ"
        what += f" ({trial.kind}, {trial.score:.2f})" if trial.score is not None else ""
    tokens = f", {trial.output:,} tokens" if trial.output is not None else ""
    return what + (f" ({trial.seconds:.1f} s{tokens})." if trial.seconds is not None else ".")


def _cost(call: UsageRecord) -> str:
    billed = "is unknown" if call.billed is None else f"was ${call.billed / 1e6:.6f}"
    words = f"What it cost {billed}"
    if call.equivalent is not None and call.route == "local":
        words += f"; the closed side would have cost ${call.equivalent / 1e6:.6f}"
    return words + (f"; it took {call.latency_ms / 1000:.2f} s." if call.latency_ms is not None else ".")
