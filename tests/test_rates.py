# SPDX-License-Identifier: GPL-3.0-or-later
"""Buckets that leak evenly, at instants we choose."""

from __future__ import annotations

from graph.rates import Bucket, Buckets


def test_a_burst_is_free_and_what_follows_waits_for_its_turn() -> None:
    bucket = Bucket(3, per_second=0.5)
    assert [bucket.take(100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]
    assert bucket.take(101.0) == 1.0
    assert bucket.take(102.0) == 0.0
    assert bucket.take(102.0) == 2.0


def test_waiting_long_gives_no_more_than_the_burst() -> None:
    bucket = Bucket(2, per_second=1.0)
    bucket.take(0.0)
    assert [bucket.take(1_000.0) for _ in range(3)] == [0.0, 0.0, 1.0]


def test_more_than_the_burst_needs_a_full_bucket_and_leaves_a_debt() -> None:
    bucket = Bucket(2, per_second=1.0)
    bucket.take(0.0)
    assert bucket.take(0.0, 5) == 1.0
    assert bucket.take(1.0, 5) == 0.0
    assert bucket.take(1.0) == 4.0


def test_what_is_borrowed_is_waited_for_in_turn() -> None:
    bucket = Bucket(2, per_second=0.5)
    assert [bucket.borrow(0.0) for _ in range(4)] == [0.0, 0.0, 2.0, 4.0]
    assert bucket.borrow(6.0) == 0.0


def test_each_key_has_a_bucket_of_its_own() -> None:
    buckets = Buckets(1, per_second=1.0)
    assert [buckets.take(key, 0.0) for key in ("a", "b", "a")] == [0.0, 0.0, 1.0]


def test_full_buckets_are_forgotten() -> None:
    buckets = Buckets(1, per_second=1.0)
    buckets.take("a", 0.0)
    buckets.take("b", 0.5)
    assert len(buckets) == 2
    buckets.take("b", 1.5)
    assert len(buckets) == 1


def test_beyond_the_most_the_one_longest_unused_is_forgotten() -> None:
    buckets = Buckets(1, per_second=0.001, most=2)
    for key in ("a", "b", "c"):
        buckets.take(key, 0.0)
    assert len(buckets) == 2
    assert buckets.take("b", 0.0) == 1_000.0
    assert buckets.take("a", 0.0) == 0.0
