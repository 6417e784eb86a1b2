# SPDX-License-Identifier: GPL-3.0-or-later
"""SVG painted as PNG, in our own fonts only, so that it is the same on every machine.

The painter works in a process of its own: it takes a tenth of a second of a processor, during which nothing else of
its process gets on.
"""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Final

import resvg_py

FONTS: Final = Path(__file__).with_name("fonts")
FAMILY: Final = "DejaVu Sans"
KEPT: Final = 128
"""How many pictures are kept, about 30 kB each."""
FRESH_SECONDS: Final = 60.0
"""So long a picture stands for the numbers that there are meanwhile: it says as of when it is."""
MOST_WAITING: Final = 16
"""How many may wait for a picture of theirs; what is asked for then is to be asked for again."""
_PATIENCE_SECONDS: Final = 20


class PaintingFailed(Exception):
    """There is no picture; what the painter said."""


class Painter:
    """Paints one picture at a time, and keeps the newest."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._kept: OrderedDict[str, tuple[float, str, bytes]] = OrderedDict()

    async def paint(self, name: str, svg: str) -> bytes:
        """The image as PNG, or the one of this name that was painted within a minute. Raises PaintingFailed."""
        if (image := self._fresh(name, svg)) is not None:
            return image
        if self._waiting >= MOST_WAITING:
            raise PaintingFailed("too many pictures are asked for")
        self._waiting += 1
        try:
            async with self._turn:
                return self._fresh(name, svg) or await self._anew(name, svg)
        finally:
            self._waiting -= 1

    async def _anew(self, name: str, svg: str) -> bytes:
        image = await _painted(svg)
        self._kept[name] = (asyncio.get_running_loop().time(), svg, image)
        self._kept.move_to_end(name)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return image

    def _fresh(self, name: str, svg: str) -> bytes | None:
        painted, drawn, image = self._kept.get(name, (0.0, "", b""))
        young = asyncio.get_running_loop().time() - painted < FRESH_SECONDS
        return image if image and (young or drawn == svg) else None


async def _painted(svg: str) -> bytes:
    pipe = asyncio.subprocess.PIPE
    painter = await asyncio.create_subprocess_exec(sys.executable, "-I", __file__, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            image, said = await painter.communicate(svg.encode())
    except BaseException as error:
        if painter.returncode is None:
            painter.kill()
            await painter.wait()
        if isinstance(error, TimeoutError):
            raise PaintingFailed("the painter took too long") from None
        raise
    if painter.returncode != 0 or not image:
        raise PaintingFailed(said.decode(errors="replace")[-500:])
    return image


def png(svg: str) -> bytes:
    """The image as PNG, here and now. Raises ValueError for what is no SVG."""
    fonts = [str(path) for path in sorted(FONTS.glob("*.ttf"))]
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, skip_system_fonts=True, font_files=fonts, font_family=FAMILY, sans_serif_family=FAMILY
        )
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(png(sys.stdin.buffer.read().decode()))
