"""`agent-router why`: why a request went where it went."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from agent_router import config as configuration
from agent_router.cli.ledger_faults import read_faults
from agent_router.cli.output import JSON_OPTION, console, friendly, print_json
from agent_router.errors import ConfigError
from agent_telemetry.explanation import Explanation, explanations, last_call
from agent_telemetry.sentences import sentences

_OWN = "chatcmpl-ar"  # what the ids of local answers begin with


def why(
    request: Annotated[
        str,
        typer.Argument(
            help="The request's id, or the beginning of it: the header x-agent-router-request-id, the id of a local "
            "answer, or `last`."
        ),
    ] = "last",
    as_json: bool = JSON_OPTION,
) -> None:
    """Say why a request went where it went: its family, what was known, which guard spoke, what was verified, what it
    cost and would have cost.

    It reads the local ledger, which holds no text.
    """
    with friendly(as_json):
        path = configuration.load().ledger
        with read_faults(path):
            id = last_call(path) if request == "last" else request.removeprefix(_OWN)
            found = explanations(path, id) if id else []
        if not found:
            missing = (
                "No request has passed through the router yet" if request == "last" else "There is no such request"
            )
            raise ConfigError(f"{missing} in the ledger {path}.")
        if len(found) > 1:
            some = ", ".join(each.call.key for each in found)
            raise ConfigError(f"Several requests begin with {request!r}: {some}. Write more of the id.")
        explanation = found[0]
        if as_json:
            print_json(_object(explanation))
            return
        for sentence in sentences(explanation):
            console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _object(explanation: Explanation) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(explanation.call)
    found["id"] = found.pop("key")
    found["decision"] = explanation.known
    found["trials"] = [msgspec.to_builtins(trial) for trial in explanation.trials]
    found["outcomes"] = [msgspec.to_builtins(outcome) for outcome in explanation.outcomes]
    found["sentences"] = sentences(explanation)
    return found
