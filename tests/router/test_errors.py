"""Errors for callers."""

from __future__ import annotations

from agent_router.errors import ApiError


def test_an_error_reads_as_its_sentence_and_is_the_callers_fault_unless_it_says_otherwise() -> None:
    error = ApiError(404, "There is no such thing.", code="not_found", param="model", retry_after=2)
    assert str(error) == error.message == "There is no such thing."
    assert (error.status, error.kind, error.code, error.param, error.retry_after) == (
        *(404, "invalid_request_error", "not_found", "model"),
        2,
    )
