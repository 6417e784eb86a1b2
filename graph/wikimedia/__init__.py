# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of the outside world, each small, each polite."""
