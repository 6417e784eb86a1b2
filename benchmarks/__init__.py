# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmarks: each prints its figure, a bound or peer measured in the same run, and the ratio of the two."""
