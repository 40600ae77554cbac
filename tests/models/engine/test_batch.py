"""Tokens of several sequences as llama.cpp reads them."""

from __future__ import annotations

from agent_models.engine.batch import Batch


def test_rows_positions_and_wanted_logits() -> None:
    batch = Batch(8)
    assert batch.add(3, 10, [5, 6, 7], 1) == 2
    assert batch.add(0, 0, [9], 0) == 4
    assert batch.add(1, 4, [1, 2], 2) == 4
    assert (batch.count, batch.room) == (6, 2)
    native = batch.native()
    read = range(native.n_tokens)
    assert [native.token[i] for i in read] == [5, 6, 7, 9, 1, 2]
    assert [native.pos[i] for i in read] == [10, 11, 12, 0, 4, 5]
    assert [native.seq_id[i][0] for i in read] == [3, 3, 3, 0, 1, 1]
    assert [native.n_seq_id[i] for i in read] == [1] * 6
    assert [native.logits[i] for i in read] == [0, 0, 1, 0, 1, 1]
    batch.clear()
    batch.add(2, 0, [4], 0)
    assert (batch.native().n_tokens, native.logits[0]) == (1, 0)
