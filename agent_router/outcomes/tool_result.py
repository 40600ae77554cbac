"""Whether a tool's result says that the call was wrong: no such tool, bad arguments, a file that is not there.

What a command printed is no sign: a failing test is what was to be found out. Nor is a network that is down, or a
user who said no. The forms are those that Claude Code, Codex, opencode, Gemini CLI, Qwen Code, pi, Cline and OpenClaw
send back.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

_READ = 400  # characters at the beginning
_BRIEF = 1500  # characters; a message of failure is no longer, unlike a file or a log
_SHELL = re.compile(r"bash|shell|exec|terminal|command|\bcmd\b|process|python|\brun", re.IGNORECASE)
# What an agent says of a call that it could not make, whatever the tool.
_CALL = re.compile(
    r"\A<tool_use_error>|\A<error>|\A.{0,40}InputValidationError|\AInvalid (?:arguments?|parameters?|tool|input)\b"
    r"|\A(?:Error: )?(?:No such tool|Unknown tool|Tool not found|Unknown function|unsupported call)\b"
    r"|\A(?:Error: )?Tool [\"'`]?[\w.-]{1,64}[\"'`]? (?:not found|does not exist|is not available)"
    r"|(?:tried|attempted) to (?:call|use) (?:an )?(?:unavailable|unknown|invalid) tool"
    r"|(?:was )?called with invalid arguments|\Afailed to parse function arguments|\AValidation failed for tool"
    r"|params (?:must|should) have required property"
    r"|[Mm]issing (?:value for )?required (?:parameter|argument|property|field)"
    r"|matches of the string to replace"
    r"|\A(?:Error: )?(?:Invalid patch|No changes made to)\b|\Ainvalid [\w.]{1,40} params"
    r"|\AMCP error -326|\A[Tt]ool [\w.-]{1,64} not found|\AUnknown target\b|Command cannot be empty"
    r"|apply_patch verification failed|\A(?:Error: )?Failed to edit\b|String to replace not found"
    r"|old_?[sS]tring (?:was )?not found|Could not find the exact text|could not find the string to replace"
    r"|SEARCH block does not match|\AError executing tool|\AThe tool execution failed with the following error"
    r"|is not valid JSON|Unexpected token .{1,20} in JSON|ZodError|JSON ?(?:Decode|Parse) ?Error",
)
# Of a command only: it could not even be begun, or was not understood.
_COMMAND = re.compile(
    r"exit(?:ed with)? code:? (?:126|127)\b|command not found|is not recognized as an internal or external command"
    r"|(?:unrecognized|invalid|illegal|unknown) option\b|syntax error near unexpected token"
    r"|unexpected EOF while looking",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"\A[\[*\s]{0,3}(?:(?:[Ee]rror|ERROR)(?:\]|:|\s(?:executing|running|calling|reading|writing|while)\b)|"
    r"Traceback \(most recent call last\)|[A-Z]\w{2,40}(?:Error|Exception): |Failed to |"
    r"File (?:does not exist|not found)|ENOENT\b|No such file|.{0,60}: No such file or directory)"
)
# Nobody's fault, or the user's will.
_EXCUSED = re.compile(
    r"time(?:d)? ?-?out|ECONN|ENOTFOUND|network|connection|rate.?limit|too many requests|\b(?:429|50[0234])\b"
    r"|temporarily|"
    r"rejected|denied|declined|permission|not allowed|doesn't want|interrupt|abort|cancel|sandbox|approval"
    r"|unauthori[sz]ed|"
    r"\b40[13]\b|forbidden|quota|out of memory|no space left",
    re.IGNORECASE,
)


def call_failed(tool: str, result: str) -> bool | None:
    """True: the call was wrong; False: it worked; None: nothing can be said."""
    text = result.lstrip()
    head = text[:_READ]
    if len(text) <= _BRIEF and _CALL.search(head):
        return True
    failed = False
    shell = bool(_SHELL.search(tool))
    if head[:1] == "{" and len(text) <= 4 * _BRIEF:
        failed, head = _of_object(text, head)
    if shell:
        return len(text) <= 4 * _BRIEF and (bool(_COMMAND.search(head)) or bool(_CALL.match(head)))
    failed = failed or (len(text) <= _BRIEF and bool(_ERROR.match(head)))
    if failed:
        return None if _EXCUSED.search(head) else True
    return False


def _of_object(text: str, head: str) -> tuple[bool, str]:
    """Whether a JSON object is a message of failure, and what it says."""
    try:
        value: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False, head
    if not isinstance(value, dict):
        return False, head
    for code in (value.get("exit_code"), _within(value, "metadata", "exit_code"), value.get("exitCode")):
        if code in (126, 127):
            return True, f"exit code {code}"
    error = value.get("error")
    failed = (
        value.get("is_error") is True
        or value.get("isError") is True
        or value.get("status") == "error"
        or value.get("success") is False
        or (bool(error) and not any(value.get(key) for key in ("output", "result", "data", "content")))
    )
    said = next((value[key] for key in ("error", "message", "output", "content") if value.get(key)), head)
    return failed, str(said)[:_READ]


def _within(value: dict[str, Any], key: str, inner: str) -> Any:
    held = value.get(key)
    return held.get(inner) if isinstance(held, dict) else None
