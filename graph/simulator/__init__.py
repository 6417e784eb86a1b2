# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for Wikimedia on loopback: streams, Action API, and a way to make things happen."""
