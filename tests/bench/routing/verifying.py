"""What verification catches of broken answers and refuses of right ones: the corpus of the tests, another seed."""

from __future__ import annotations

import random
import time
from typing import Any

from agent_router.verification.verifiers import problem
from tests.router.verification.structured_corpus import call_cases, json_cases
from tests.router.verification.text_corpus import text_cases


def figures(seed: int = 2026) -> list[dict[str, Any]]:
    """By kind of answer: shares, and microseconds an answer."""
    rng = random.Random(seed)
    rows = []
    for name, cases in (
        ("JSON", list(json_cases(rng, 1500))),
        ("tool calls", list(call_cases(rng, 1000))),
        ("text in eight languages", list(text_cases(rng, 1500))),
    ):
        began = time.perf_counter()
        found = [(case.kind is None, problem(case.answer, case.request) is not None) for case in cases]
        spent = time.perf_counter() - began
        right = [refused for is_right, refused in found if is_right]
        broken = [caught for is_right, caught in found if not is_right]
        rows.append(
            {
                "answers": name,
                "broken": len(broken),
                "of these caught": sum(broken) / len(broken),
                "right": len(right),
                "of these refused": sum(right) / len(right),
                "µs each": spent / len(cases) * 1e6,
            }
        )
    return rows
