# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that sends a pre-built event stream as fast as the reader takes it, chunked as asked.

The events are made up in the shape and size of the real ones (2.9 kB on average); a given share is by enrolled
editors. What is sent is built once; only the revisions of matched events change, in place, so that each is a new edit
and costs the sender next to nothing.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise

ENROLLED = 100_000
EVENTS_A_BLOCK = 2_000
COMMENTS = 6  # repetitions of a phrase in a comment, fewer than this: makes the frames 2.9 kB on average
AT = "2026-06-01T10:15:30"  # inside the tracking windows of benchmarks.ingest
_SERVED_ID = (
    b'[{"topic":"eqiad.mediawiki.page_change.v1","partition":0,"timestamp":1790525832813},'
    b'{"topic":"codfw.mediawiki.page_change.v1","partition":0,"offset":-1}]'
)
_FIRST_REVISION = 10**9  # all of one width, so that they can be written over in place


def _editor(number: int, name: str) -> dict[str, object]:
    return {
        "user_text": name,
        "groups": ["*", "user", "autoconfirmed"],
        "is_temp": False,
        "wiki_id": "enwiki",
        "first_edit_dt": "2019-02-03T08:09:10Z",
        "user_id": number,
        "edit_count": 321,
        "registration_dt": "2019-02-03T07:00:00Z",
        "user_central_id": number,
        "is_bot": False,
        "is_system": False,
        "edit_global_count": 654,
    }


def _revision(number: int, editor: dict[str, object], size: int, comment: str, at: str) -> dict[str, object]:
    slot = {
        "slot_role": "main",
        "content_model": "wikitext",
        "content_sha1": "a" * 31,
        "content_size": size,
        "content_format": "text/x-wiki",
        "origin_rev_id": number,
    }
    return {
        "rev_id": number,
        "rev_dt": at,
        "is_minor_edit": False,
        "rev_sha1": "a" * 31,
        "rev_size": size,
        "rev_parent_id": number - 1,
        "comment": comment,
        "is_content_visible": True,
        "is_editor_visible": True,
        "is_comment_visible": True,
        "editor": editor,
        "content_slots": {"main": slot},
    }


def event(number: int, page: int, *, enrolled: bool, chance: random.Random) -> bytes:
    """One event's data, as page_change.v1 has it."""
    who = chance.randrange(1, ENROLLED + 1)
    editor = _editor(who, f"Editor {who}") if enrolled else _editor(who + 10**7, f"Stranger {who}")
    comment = "/* History */ " + "added the founding years, with two sources; " * chance.randrange(1, COMMENTS)
    instant, size = AT + "Z", chance.randrange(1_000, 9_000)
    revision = _revision(number, editor, size, comment, instant)
    prior = _revision(number - 1, editor, size - 50, comment[: len(comment) // 2], instant)
    title, domain = f"Sample_bridge_{page}", "en.wikipedia.org"
    whole = {
        "changelog_kind": "update",
        "page_change_kind": "edit",
        "dt": instant,
        "wiki_id": "enwiki",
        "page": {
            "page_id": page,
            "page_title": title,
            "namespace_id": 0,
            "is_redirect": False,
            "namespace_is_content": True,
        },
        "performer": editor,
        "revision": revision,
        "prior_state": {"revision": prior},
        "$schema": "/mediawiki/page/change/1.12.0",
        "meta": {
            "stream": "mediawiki.page_change.v1",
            "uri": f"https://{domain}/wiki/{title}",
            "id": "65572e1d-5d99-43c2-a5d2-89fa963a3179",
            "domain": domain,
            "request_id": "b0338dc7-526e-4a99-b371-bb485ccbdaa4",
            "dt": AT + ".812Z",
            "topic": "eqiad.mediawiki.page_change.v1",
            "partition": 0,
            "offset": 1109139115,
            "key": {"wiki_id": "enwiki", "page_id": page},
        },
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


class Block:
    """Some events as an event stream, to be sent again and again; matched ones get new revisions each time.

    ``pieces`` are the HTTP chunks as (head, start, end) in ``data``: ``chunk`` bytes each, or a line each for None.
    """

    def __init__(self, share: float, chunk: int | None) -> None:
        chance, due = random.Random(1), 0.0
        self.events: list[bytes] = []
        self._places: list[tuple[int, int]] = []
        self.data = bytearray()
        for number in range(EVENTS_A_BLOCK):
            due += share
            enrolled = due >= 1
            due -= enrolled
            made = event(_FIRST_REVISION + number, chance.randrange(1, 50_000), enrolled=enrolled, chance=chance)
            self.events.append(made)
            self.data += b"event: message\nid: " + _SERVED_ID + b"\ndata: "
            if enrolled:
                place = len(self.data) + made.index(b'"rev_id":') + len(b'"rev_id":')
                self._places.append((place, _FIRST_REVISION + number))
            self.data += made + b"\n\n"
        self.matched = len(self._places)
        ends = range(chunk, len(self.data) + chunk, chunk) if chunk else _line_ends(self.data)
        edges = [0, *(min(end, len(self.data)) for end in ends)]
        self.pieces = [(b"%x\r\n" % (end - start), start, end) for start, end in pairwise(edges)]

    def renew(self, times: int) -> None:
        """Give the matched events the revisions of the ``times``-th sending."""
        for place, revision in self._places:
            self.data[place : place + 10] = b"%d" % (revision + times * EVENTS_A_BLOCK)


def _line_ends(data: bytes | bytearray) -> Iterator[int]:
    end = data.find(b"\n")
    while end >= 0:
        yield end + 1
        end = data.find(b"\n", end + 1)


def serve(listener: socket.socket, block: Block, sendings: range) -> None:
    """Send the block so many times to the first reader, and keep the connection open until it leaves."""
    connection, _ = listener.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            request += connection.recv(65536)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n:ok\n\n\r\n"
        )
        view = memoryview(block.data)
        for times in sendings:
            block.renew(times)
            for head, start, end in block.pieces:
                _send(connection, head, view[start:end])
        connection.recv(1)


def _send(connection: socket.socket, head: bytes, piece: memoryview) -> None:
    size = len(head) + len(piece) + 2
    if connection.sendmsg([head, piece, b"\r\n"]) != size:
        raise SystemExit("a blocking socket took a part only")


@contextlib.contextmanager
def feeding(share: float, chunk: int | None, sendings: range) -> Iterator[str]:
    """Run a sender in a process of its own while the block does; gives its address."""
    command = [sys.executable, "-m", "benchmarks.feed", *map(str, (share, chunk or 0, sendings.start, sendings.stop))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def main() -> None:
    """Serve as the arguments say, and print the port first."""
    share, chunk, sendings = float(sys.argv[1]), int(sys.argv[2]) or None, range(*map(int, sys.argv[3:]))
    block = Block(share, chunk)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        serve(listener, block, sendings)


if __name__ == "__main__":
    main()
