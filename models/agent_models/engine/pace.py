"""How many tokens of prompts a step may read, by how long steps took. Worker only."""

from __future__ import annotations

READ_SECONDS = 1.0
"""What a step should take at most while nobody writes: so long a cancel or a sign of life may wait, on any machine."""
WRITE_SECONDS = 0.4
"""While somebody writes: how long a stream may pause for another's prompt."""
TILE = 64
"""llama.cpp's flash attention on a CPU takes so many tokens at a time; fewer are read one by one, which behind a long
prompt takes longer than a whole tile."""
FIRST_BESIDE = 32
LEAST_BESIDE = 2
_GROWTH = 4


class Pace:
    """`most`: the largest batch in tokens."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._alone = min(TILE, most)
        self._beside = min(FIRST_BESIDE, most)

    def room(self, *, writing: bool) -> int:
        """Tokens that the next step may read, beside somebody who writes or with nobody."""
        return self._beside if writing else self._alone

    def learn(self, read: int, seconds: float, *, writing: bool) -> None:
        """A step that read so many took so long."""
        current = self.room(writing=writing)
        if read < min(current, TILE):
            return  # too few to tell
        aim = WRITE_SECONDS if writing else READ_SECONDS
        count = min(int(read * aim / max(seconds, 1e-6)), _GROWTH * max(read, current), self._most)
        if writing:
            self._beside = max(count, LEAST_BESIDE)
        else:
            self._alone = min(max(count // TILE * TILE, TILE), self._most)
