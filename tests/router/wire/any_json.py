"""Decoded JSON of any shape, with the names that a reader looks for."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st


def bodies(names: Sequence[str]) -> st.SearchStrategy[object]:
    """Any JSON whose objects often have these names."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(names)
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(names) | st.text(max_size=4), inner, max_size=5)
        ),
        max_leaves=20,
    )
