# SPDX-License-Identifier: GPL-3.0-or-later
"""Events nobody can use, of every kind that was seen or feared."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from graph.simulator.log import PAGE_CHANGE, EventLog, Message, iso_milliseconds
from graph.simulator.state import NotPossible

HUGE_BYTES = 12_000_000  # more than the 10 MB the message brokers allow


def _event(inner: str, moment: int) -> bytes:
    meta = f'{{"stream":"{PAGE_CHANGE}","domain":"en.wikipedia.org","dt":"{iso_milliseconds(moment)}"}}'
    return f'{{"$schema":"/mediawiki/page/change/1.12.0",{inner}"meta":{meta}}}'.encode()


def _edit(performer: str, kind: str, moment: int, revision_id: str = "1200000001") -> bytes:
    at = iso_milliseconds(moment)
    inner = (
        f'"changelog_kind":"update","page_change_kind":"{kind}","dt":"{at}","wiki_id":"enwiki",'
        '"page":{"page_id":49000001,"page_title":"Nowhere","namespace_id":0,"is_redirect":false},'
        f'{performer}"revision":{{"rev_id":{revision_id},"rev_dt":"{at}","is_minor_edit":false,"rev_size":10,'
        '"rev_parent_id":0,"is_content_visible":true,"is_editor_visible":true,"is_comment_visible":true},'
    )
    return _event(inner, moment)


KINDS: Mapping[str, Callable[[int], bytes]] = {
    "invalid JSON": lambda _: b'{"$schema":"/mediawiki/page/change/1.12.0","page_change_ki',
    "not an object": lambda _: b"[1,2,3]",
    "null": lambda _: b"null",
    "missing keys": lambda moment: _event('"page_change_kind":"edit",', moment),
    "empty performer": lambda moment: _edit('"performer":{},', "edit", moment),
    "no performer": lambda moment: _edit("", "edit", moment),
    "unknown kind": lambda moment: _edit('"performer":{"user_text":"Nobody"},', "transmogrify", moment),
    "wrong types": lambda moment: _edit('"performer":{"user_text":7},', "edit", moment, '"many"'),
    "invalid UTF-8": lambda moment: _event('"comment":"\ufffe",', moment).replace(b"\xef\xbf\xbe", b"\xff\xc3\x28"),
    "huge line": lambda moment: _event(f'"comment":"{"x" * HUGE_BYTES}",', moment),
}
LIGHT = [kind for kind in KINDS if kind != "huge line"]


def garbage(kind: str, moment: int) -> bytes:
    """The data of a useless event of this kind, as if from this moment (ms)."""
    make = KINDS.get(kind)
    if make is None:
        raise NotPossible(f"there is no garbage of kind {kind!r}; there are: {', '.join(KINDS)}")
    return make(moment)


def inject(log: EventLog, kind: str) -> Message:
    """Put a useless event into the log, between the others."""
    moment = log.clock()
    return log.append_raw(log.topics[f"{log.datacenter}.{PAGE_CHANGE}"], garbage(kind, moment), moment)
