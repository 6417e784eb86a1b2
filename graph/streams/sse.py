# SPDX-License-Identifier: GPL-3.0-or-later
"""Server-Sent Events from bytes, by the rules of the WHATWG HTML standard (9.2.6, "Interpreting an event stream").

No I/O: ``feed`` takes whatever the socket gave, in any pieces, and returns the events completed by it. A half event
at the end of a connection is never handed out; start a new decoder for each connection.
"""

from __future__ import annotations

from typing import Final, NamedTuple

DEFAULT_LIMIT: Final = 4 * 1024 * 1024

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_LONGEST_NUMBER: Final = 18


class ServerSentEvent(NamedTuple):
    """One dispatched event.

    ``data`` is as sent, for a JSON decoder to read without a detour; ``text`` is what the standard calls the data.
    ``id`` is the last event id of the stream, which outlives the event that set it. ``retry`` is the reconnection
    time in milliseconds, where this event carried one.
    """

    event: str
    data: bytes
    id: str
    retry: int | None

    @property
    def text(self) -> str:
        """The data as text; bytes that are no UTF-8 are replaced by U+FFFD."""
        return self.data.decode(errors="replace")


class Decoder:
    """Turns the bytes of one connection into events; holds at most ``limit`` bytes of an unfinished one.

    A line or an event beyond ``limit`` bytes is skipped to its end and counted in ``oversized``; the decoder goes
    on with the next event.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.oversized = 0
        self.last_event_id = ""
        self.reconnection_ms: int | None = None
        self._limit = limit
        self._head: bytes | None = b""
        self._after_cr = False
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._skipping_line = False
        self._id: bytes | None = None
        self._begin_event()

    def _begin_event(self) -> None:
        self._data: list[bytes] = []
        self._size = 0
        self._type = b""
        self._retry: int | None = None
        self._spoiled = False

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Take the next bytes; return the events they complete, in order."""
        if self._head is not None:
            chunk = self._without_byte_order_mark(chunk)
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return self._take_lines(chunk.split(b"\n"))

    def _without_byte_order_mark(self, chunk: bytes) -> bytes:
        head = (self._head or b"") + chunk
        if len(head) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(head):
            self._head = head
            return b""
        self._head = None
        return head.removeprefix(_BYTE_ORDER_MARK)

    def _take_lines(self, lines: list[bytes]) -> list[ServerSentEvent]:
        rest = lines.pop()
        events: list[ServerSentEvent] = []
        if lines:
            lines[0] = self._finished_line(lines[0])
            for line in lines:
                if not line:
                    self._dispatch(events)
                elif line[:6] == b"data: " and not self._spoiled:
                    self._add_data(line[6:], len(line))
                elif line[:1] != b":":
                    self._read_field(line)
        self._keep(rest)
        return events

    def _finished_line(self, end: bytes) -> bytes:
        """The line that began in earlier chunks; a comment in place of one that was too long."""
        if self._skipping_line:
            self._skipping_line = False
            return b":"
        if not self._rest:
            return end
        self._rest.append(end)
        line = b"".join(self._rest)
        self._rest, self._rest_size = [], 0
        return line

    def _keep(self, rest: bytes) -> None:
        """Hold the beginning of a line until its end comes, unless it is too long already."""
        if not rest or self._skipping_line:
            return
        self._rest.append(rest)
        self._rest_size += len(rest)
        if self._rest_size > self._limit:
            if self._rest[0][:1] != b":":
                self._spoil()
            self._rest, self._rest_size = [], 0
            self._skipping_line = True

    def _read_field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if len(line) > self._limit:
            self._spoil()
        elif name == b"data":
            self._add_data(value, len(line))
        elif name == b"event":
            self._type = value
        elif name == b"id" and b"\0" not in value:
            self._id = value
        elif name == b"retry" and value.isdigit() and len(value) <= _LONGEST_NUMBER:
            self._retry = self.reconnection_ms = int(value)

    def _add_data(self, value: bytes, line_size: int) -> None:
        # The whole line is charged, so that a million empty data lines are bounded as well.
        self._size += line_size
        if self._size > self._limit:
            self._spoil()
        elif not self._spoiled:
            self._data.append(value)

    def _spoil(self) -> None:
        if not self._spoiled:
            self._spoiled = True
            self.oversized += 1
        self._data = []

    def _dispatch(self, events: list[ServerSentEvent]) -> None:
        if self._id is not None:
            self.last_event_id = self._id.decode(errors="replace")
            self._id = None
        if self._data:
            data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
            kind = "message" if self._type in (b"message", b"") else self._type.decode(errors="replace")
            events.append(ServerSentEvent(kind, data, self.last_event_id, self._retry))
        self._begin_event()
