# SPDX-License-Identifier: GPL-3.0-or-later
"""How often something may be done: buckets that leak evenly. Pure; instants are seconds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable


class Bucket:
    """Lets ``burst`` things happen at once, and ``per_second`` of them for long."""

    def __init__(self, burst: int, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._left = float(burst)
        self._at: float | None = None

    def take(self, now: float, number: int = 1) -> float:
        """Take ``number`` and return 0, or take nothing and return the seconds until they are there.

        More than the burst is taken from a full bucket, which then owes the rest.
        """
        self._refill(now)
        missing = min(number, self._burst) - self._left
        if missing > 0:
            return missing / self._per_second
        self._left -= number
        return 0.0

    def borrow(self, now: float) -> float:
        """Take one whatever is left, and return the seconds to wait for it."""
        self._refill(now)
        self._left -= 1
        return max(0.0, -self._left / self._per_second)

    def full(self, now: float) -> bool:
        """Whether it is as good as new."""
        self._refill(now)
        return self._left >= self._burst

    def _refill(self, now: float) -> None:
        if self._at is not None:
            self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._per_second)
        self._at = now


class Buckets:
    """A bucket for each key that was seen lately; full ones are forgotten, and beyond ``most`` the oldest."""

    def __init__(self, burst: int, per_second: float, *, most: int = 10_000) -> None:
        self._burst = burst
        self._per_second = per_second
        self._most = most
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, now: float, number: int = 1) -> float:
        """As a bucket's ``take``, from the one of ``key``."""
        bucket = self._buckets.setdefault(key, Bucket(self._burst, self._per_second))
        self._buckets.move_to_end(key)
        wait = bucket.take(now, number)
        oldest = next(iter(self._buckets))
        if oldest != key and (len(self._buckets) > self._most or self._buckets[oldest].full(now)):
            del self._buckets[oldest]
        return wait
