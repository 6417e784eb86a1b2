# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs Graph: live numbers for programs and campaigns on Wikimedia wikis."""
