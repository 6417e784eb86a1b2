# SPDX-License-Identifier: GPL-3.0-or-later
"""The event stream rules of the WHATWG HTML standard, one behaviour a test."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.streams.sse import Decoder, ServerSentEvent


def decode(*chunks: bytes) -> list[ServerSentEvent]:
    decoder = Decoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def texts(*chunks: bytes) -> list[str]:
    return [event.text for event in decode(*chunks)]


def fed_byte_by_byte(stream: bytes) -> Iterable[bytes]:
    return (stream[i : i + 1] for i in range(len(stream)))


def test_one_event_of_every_field() -> None:
    assert decode(b"event: edit\nid: 7\nretry: 1500\ndata: hello\n\n") == [ServerSentEvent("edit", b"hello", "7", 1500)]


def test_an_event_without_a_type_is_a_message() -> None:
    assert decode(b"data: a\n\n") == [ServerSentEvent("message", b"a", "", None)]


def test_several_data_lines_are_joined_by_newlines() -> None:
    assert texts(b"data: YHOO\ndata: +2\ndata: 10\n\n") == ["YHOO\n+2\n10"]


def test_lines_may_end_in_crlf() -> None:
    assert texts(b"data: a\r\ndata: b\r\n\r\n") == ["a\nb"]


def test_lines_may_end_in_cr_alone() -> None:
    assert texts(b"data: a\rdata: b\r\rdata: c\r\r") == ["a\nb", "c"]


def test_a_crlf_that_ends_an_event_may_be_split_between_chunks() -> None:
    assert texts(b"data: a\r\n\r", b"\ndata: b\r\n\r", b"\n") == ["a", "b"]


def test_a_crlf_inside_an_event_may_be_split_between_chunks() -> None:
    assert texts(b"data: a\r", b"\ndata: b\r\n\r\n") == ["a\nb"]


def test_a_cr_ends_its_line_without_waiting_for_the_next_byte() -> None:
    assert texts(b"data: a\r\r") == ["a"]


def test_an_empty_chunk_between_cr_and_lf_changes_nothing() -> None:
    assert texts(b"data: a\r", b"", b"\ndata: b\r\n\r\n") == ["a\nb"]


def test_lf_and_crlf_may_be_mixed() -> None:
    assert texts(b"data: a\n\r\ndata: b\r\n\n") == ["a", "b"]


def test_a_byte_order_mark_at_the_start_is_dropped() -> None:
    assert texts(b"\xef\xbb\xbfdata: a\n\n") == ["a"]


def test_a_byte_order_mark_may_be_split_between_chunks() -> None:
    assert texts(b"\xef", b"\xbb", b"\xbfdata: a\n\n") == ["a"]


def test_only_the_first_byte_order_mark_is_dropped() -> None:
    assert texts(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n") == ["b"]


def test_half_a_byte_order_mark_belongs_to_the_first_line() -> None:
    assert texts(b"\xef\xbb", b"data: a\n\ndata: b\n\n") == ["b"]


def test_comments_before_an_event_are_ignored() -> None:
    assert texts(b":ok\n\n: keep-alive\n\ndata: a\n\n") == ["a"]


def test_a_keep_alive_after_an_id_is_no_event() -> None:
    assert texts(b"id: 1\ndata: a\n\n:\n\n:\n\n") == ["a"]


def test_an_empty_id_resets_the_last_event_id() -> None:
    assert [event.id for event in decode(b"id: 1\ndata: a\n\nid\ndata: b\n\n")] == ["1", ""]


def test_an_id_lasts_until_the_next_one() -> None:
    assert [event.id for event in decode(b"id: 1\ndata: a\n\ndata: b\n\n")] == ["1", "1"]


def test_an_id_with_a_nul_is_ignored() -> None:
    assert [event.id for event in decode(b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n")] == ["1", "1"]


def test_a_block_with_only_an_id_is_no_event_but_sets_the_id() -> None:
    decoder = Decoder()
    assert decoder.feed(b"id: 5\n\n") == []
    assert decoder.last_event_id == "5"
    assert [event.id for event in decoder.feed(b"data: a\n\n")] == ["5"]


def test_an_id_of_an_unfinished_block_does_not_count_yet() -> None:
    decoder = Decoder()
    decoder.feed(b"id: 5\ndata: a\n")
    assert decoder.last_event_id == ""


def test_a_character_may_be_split_between_chunks() -> None:
    assert texts(*fed_byte_by_byte("data: Ⱥ—𝔘—日本\n\n".encode())) == ["Ⱥ—𝔘—日本"]


def test_invalid_utf8_is_replaced_and_the_stream_goes_on() -> None:
    assert texts(b"data: a\xffb\n\ndata: c\n\n") == ["a�b", "c"]


def test_retry_takes_ascii_digits() -> None:
    decoder = Decoder()
    decoder.feed(b"retry: 2500\n\n")
    assert decoder.reconnection_ms == 2500


@pytest.mark.parametrize("value", [b"15a", b"-5", b"1.5", b"", b" 5 ", "٣".encode(), b"9" * 5000])
def test_retry_of_anything_else_is_ignored(value: bytes) -> None:
    decoder = Decoder()
    assert decoder.feed(b"retry: " + value + b"\ndata: a\n\n") == [ServerSentEvent("message", b"a", "", None)]
    assert decoder.reconnection_ms is None


def test_empty_data_lines_as_in_the_standard_s_example() -> None:
    assert texts(b"data\n\ndata\ndata\n\ndata:") == ["", "\n"]


def test_only_one_leading_space_is_dropped() -> None:
    assert texts(b"data:a\n\ndata: a\n\ndata:  a\n\ndata:\ta\n\n") == ["a", "a", " a", "\ta"]


def test_a_half_event_at_the_end_is_not_handed_out() -> None:
    assert texts(b"data: a\n\ndata: b\n") == ["a"]
    assert texts(b"data: a\n\ndata: b") == ["a"]


def test_the_event_type_is_reset_by_each_event() -> None:
    assert [event.event for event in decode(b"event: x\ndata: a\n\ndata: b\n\n")] == ["x", "message"]


def test_an_event_without_data_is_not_dispatched_and_its_type_is_forgotten() -> None:
    assert decode(b"event: x\n\ndata: b\n\n") == [ServerSentEvent("message", b"b", "", None)]


def test_other_line_separators_are_part_of_the_data() -> None:
    data = "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg"
    assert texts(f"data: {data}\n\n".encode()) == [data]


def test_a_nul_is_part_of_the_data() -> None:
    assert texts(b"data: a\0b\n\n") == ["a\0b"]


def test_unknown_fields_are_ignored() -> None:
    assert texts(b"datum: x\nDATA: x\n data: x\ndata: a\nfoo\n\n") == ["a"]


def test_trailing_newlines_of_the_data_are_kept() -> None:
    assert texts(b"data: a\ndata:\ndata:\n\n") == ["a\n\n"]


def test_a_line_of_a_megabyte_in_chunks_of_sixteen_kibibytes() -> None:
    stream = b"data: " + b"x" * 1_000_000 + b"\n\ndata: b\n\n"
    chunks = [stream[i : i + 16384] for i in range(0, len(stream), 16384)]
    assert [len(text) for text in texts(*chunks)] == [1_000_000, 1]


def test_a_colon_in_the_value_stays() -> None:
    assert texts(b'data: {"a": ":b"}\n\n') == ['{"a": ":b"}']


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_an_event_beyond_the_limit_is_skipped_and_counted(size: int) -> None:
    stream = b"data: a\n\nid: 1\ndata: " + b"x" * 500 + b"\n\ndata: b\n\n"
    decoder = Decoder(limit=100)
    events = [event for i in range(0, len(stream), size) for event in decoder.feed(stream[i : i + size])]
    assert [event.data for event in events] == [b"a", b"b"]
    assert decoder.oversized == 1


def test_many_lines_beyond_the_limit_are_one_skipped_event() -> None:
    decoder = Decoder(limit=100)
    events = decoder.feed(b"data: 0123456789\n" * 50 + b"\ndata: b\n\n")
    assert [event.data for event in events] == [b"b"]
    assert decoder.oversized == 1


@pytest.mark.parametrize("name", [b"id", b"event", b"other"])
def test_an_overlong_line_of_any_field_spoils_its_event_in_any_chunking(name: bytes) -> None:
    stream = name + b": " + b"x" * 200 + b"\ndata: a\n\ndata: b\n\n"
    for chunks in ([stream], list(fed_byte_by_byte(stream))):
        decoder = Decoder(limit=100)
        assert [event.data for chunk in chunks for event in decoder.feed(chunk)] == [b"b"]
        assert (decoder.oversized, decoder.last_event_id) == (1, "")


def test_an_overlong_comment_spoils_no_event() -> None:
    decoder = Decoder(limit=100)
    chunks = [b"data: a\n", b":" + b"x" * 90, b"x" * 90, b"x\n", b"\n"]
    assert [event.data for chunk in chunks for event in decoder.feed(chunk)] == [b"a"]
    assert decoder.oversized == 0


@pytest.mark.parametrize("line", [b"data: " + b"x" * 10_000, b"x" * 10_000, b"data\n" * 2000])
def test_an_endless_line_or_event_keeps_memory_bounded(line: bytes) -> None:
    decoder = Decoder(limit=100_000)
    tracemalloc.start()
    try:
        for _ in range(100):  # a megabyte in all, ten times what is allowed
            decoder.feed(line)
        kept, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 400_000
    assert decoder.oversized == 1
    assert [event.data for event in decoder.feed(b"\n\ndata: b\n\n")] == [b"b"]


PIECES = [
    *(b"data", b"event", b"id", b"retry", b"other", b":", b": ", b" ", b"12", b"\0", b"\xef\xbb\xbf"),
    *(b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", "é日".encode(), b"\xff", "\u2028".encode(), b"x" * 50),
]
STREAMS = st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)


@given(stream=STREAMS, cuts=st.lists(st.integers(0, 400), max_size=12))
def test_the_same_events_for_any_chunking(stream: bytes, cuts: list[int]) -> None:
    whole, pieces = Decoder(limit=120), Decoder(limit=120)
    ends = [*sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    starts = [0, *ends[:-1]]
    events = [event for start, end in zip(starts, ends, strict=True) for event in pieces.feed(stream[start:end])]
    assert events == whole.feed(stream)
    assert pieces.last_event_id == whole.last_event_id
