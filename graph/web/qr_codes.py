# SPDX-License-Identifier: GPL-3.0-or-later
"""QR codes of our own addresses, as SVG to stand inside a page."""

from __future__ import annotations

import io

import segno


def qr_code(address: str) -> str:
    """The SVG of an address: readable with a seventh of it covered or dirty, dark on the page's own light ground."""
    drawn = io.BytesIO()
    code = segno.make_qr(address, error="m")
    code.save(drawn, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=2, dark="#000", svgclass="code",
              lineclass=None)  # fmt: skip
    return drawn.getvalue().decode("ascii").strip()
