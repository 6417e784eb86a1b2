# SPDX-License-Identifier: GPL-3.0-or-later
"""Where edits come from and how they become numbers."""
