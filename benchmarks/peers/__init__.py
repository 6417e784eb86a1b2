# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fan-out is measured against: other servers with the same payload."""
