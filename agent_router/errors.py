"""Errors that reach the caller, and errors of the configuration. Each message is a sentence for a person."""

from __future__ import annotations


class ApiError(Exception):
    """An error for the caller, rendered by the wire in the caller's own dialect.

    `status` is the HTTP status, `kind` OpenAI's `type` (invalid_request_error, authentication_error,
    not_found_error, rate_limit_error, upstream_error, server_error), `code` a short stable word, `param` the
    request's field, `retry_after` seconds, `request_id` what the caller can name the request by. `final`:
    to ask again by oneself is of no use, since it was tried already, or will fail just so.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
        final: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param
        self.retry_after = retry_after
        self.final = final
        self.request_id: str | None = None


class ConfigError(Exception):
    """The configuration cannot be used. The message names the file or variable, the key, and what to do."""
