# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that answers ``list=users`` and ``list=usercontribs`` as an Action API does, and as cheaply as it can.

Editor n is account n and has contributions as a large editathon makes them: one in three begins a page, one in twenty
is reverted later, the rest go on with the editor's last page. Nothing is kept: what a contribution is follows from
its number.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote_plus

ROWS = 500
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
_NOW = "2026-11-25T12:00:00Z"
_ROW = (
    '{"userid":%d,"user":"Editor %d","pageid":%d,"revid":%d,"parentid":%d,"ns":%d,"title":"Page %d",'
    '"timestamp":"%s","new":%s,"minor":false,"top":false,'
    '"comment":"/* History */ added the founding years with two sources","size":%d,"sizediff":%d,"tags":[%s]}'
)


def _rows(user: int, each: int, first: int, count: int) -> Iterator[str]:
    for place in range(first, first + count):
        number = (user - 1) * each + place
        begins = place % 3 == 0
        page = number - place % 3 + 1
        new = begins and number % 5 == 0
        at = (BEGIN + timedelta(seconds=place)).strftime("%Y-%m-%dT%H:%M:%SZ")
        change = (number * 7919) % 1000 - 100
        size = 1000 + change if new else 5000 + change
        tags = '"mw-reverted"' if number % 20 == 7 else '"visualeditor"'
        yield _ROW % (
            user, user, page, number + 1, 0 if new else number, page % 10 // 8 * 2, page, at,
            "true" if new else "false", size, size if new else change, tags,
        )  # fmt: skip


def _contributions(query: dict[str, list[str]], each: int) -> str:
    users = sorted(int(number) for number in query["ucuserids"][0].split("|"))
    _, user, _, place = query.get("uccontinue", [f"actor|{users[0]}|0|0"])[0].split("|")
    index, first = users.index(int(user)), int(place)
    rows: list[str] = []
    while index < len(users) and len(rows) < ROWS:
        some = min(each - first, ROWS - len(rows))
        rows += _rows(users[index], each, first, some)
        first += some
        if first == each:
            index, first = index + 1, 0
    further = ""
    if index < len(users):
        further = f',"continue":{{"uccontinue":"actor|{users[index]}|20260601000000|{first}","continue":"-||"}}'
    return f'{{"curtimestamp":"{_NOW}"{further},"query":{{"usercontribs":[{",".join(rows)}]}}}}'


def _users(form: dict[str, list[str]]) -> str:
    names = form["ususers"][0].strip("\x1f").split("\x1f")
    listed = ",".join(
        f'{{"userid":{n},"name":"Editor {n}","centralids":{{"CentralAuth":{n},"local":{n}}}}}'
        for n in (int(name.rpartition(" ")[2]) for name in names)
    )
    return f'{{"curtimestamp":"{_NOW}","query":{{"users":[{listed}]}}}}'


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, each: int, seconds: float) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, target, _ = head.split(" ", 2)
            query = parse_qs(target.partition("?")[2])
            if method == "POST":
                length = int(head.lower().partition("content-length:")[2].split("\r\n", 1)[0])
                query = parse_qs(unquote_plus((await reader.readexactly(length)).decode()).replace("\x1f", "%1F"))
            body = (_users(query) if query["list"] == ["users"] else _contributions(query, each)).encode()
            if query["list"] != ["users"]:
                await asyncio.sleep(seconds)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
            writer.write(body)
            await writer.drain()
    writer.close()


async def _serve(each: int, seconds: float) -> None:
    server = await asyncio.start_server(lambda r, w: _answer(r, w, each, seconds), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def lists(each: int, seconds: float) -> Iterator[str]:
    """The address of such a process while the block runs: ``each`` contributions a user, ``seconds`` for an answer."""
    command = [sys.executable, "-m", "benchmarks.lists", str(each), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
