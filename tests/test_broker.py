# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio

import pytest

from graph.broker import Broker, Mailbox, Overrun


async def next_of(mailbox: Mailbox[object]) -> object:
    async with asyncio.timeout(5):
        return await mailbox.get()


async def test_values_come_in_order() -> None:
    broker = Broker()
    with broker.subscribe("topic") as mailbox:
        for value in (1, 2, 3):
            broker.publish("topic", value)
        assert [await next_of(mailbox) for _ in range(3)] == [1, 2, 3]


async def test_a_reader_who_waits_is_woken() -> None:
    broker = Broker()
    with broker.subscribe("topic") as mailbox:
        reading = asyncio.create_task(next_of(mailbox))
        await asyncio.sleep(0)
        assert not reading.done()
        broker.publish("topic", "value")
        assert await reading == "value"


async def test_every_mailbox_of_the_topic_and_no_other_gets_the_value() -> None:
    broker = Broker()
    with broker.subscribe("a") as first, broker.subscribe("a") as second, broker.subscribe("b") as other:
        broker.publish("a", 1)
        broker.publish("b", 2)
        assert [await next_of(mailbox) for mailbox in (first, second, other)] == [1, 1, 2]


async def test_a_newest_mailbox_keeps_only_the_last_value_and_never_overruns() -> None:
    broker = Broker()
    with broker.subscribe("topic", newest=True, limit=2) as mailbox:
        for value in range(1000):
            broker.publish("topic", value)
        assert await next_of(mailbox) == 999
        broker.publish("topic", 1000)
        assert await next_of(mailbox) == 1000


async def test_a_bounded_mailbox_holds_as_many_as_its_limit() -> None:
    broker = Broker()
    with broker.subscribe("topic", limit=3) as mailbox:
        for value in range(3):
            broker.publish("topic", value)
        assert [await next_of(mailbox) for _ in range(3)] == [0, 1, 2]


async def test_one_value_too_many_is_an_overrun_told_once() -> None:
    broker = Broker()
    with broker.subscribe("topic", limit=3) as mailbox:
        for value in range(10):
            broker.publish("topic", value)
        with pytest.raises(Overrun):
            await next_of(mailbox)
        broker.publish("topic", 10)
        assert await next_of(mailbox) == 10


async def test_a_reader_who_gives_up_waiting_loses_nothing() -> None:
    broker = Broker()
    with broker.subscribe("topic") as mailbox:
        reading = asyncio.create_task(mailbox.get())
        await asyncio.sleep(0)
        broker.publish("topic", 1)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        broker.publish("topic", 2)
        assert [await next_of(mailbox), await next_of(mailbox)] == [1, 2]


async def test_a_mailbox_can_be_read_in_a_loop() -> None:
    broker = Broker()
    with broker.subscribe("topic") as mailbox:
        broker.publish("topic", 1)
        broker.publish("topic", 2)
        found = []
        async for value in mailbox:
            found.append(value)
            if value == 2:
                break
        assert found == [1, 2]


async def test_a_topic_exists_while_somebody_listens() -> None:
    broker = Broker()
    broker.publish("topic", "to nobody")
    with broker.subscribe("topic"):
        with broker.subscribe("topic"), broker.subscribe("other"):
            assert set(broker.topics()) == {"topic", "other"}
        assert broker.topics() == ("topic",)
    assert broker.topics() == ()


async def test_a_subscriber_may_leave_while_a_value_is_handed_out() -> None:
    broker = Broker()
    with broker.subscribe("topic") as staying:
        with broker.subscribe("topic"):
            pass
        broker.publish("topic", 1)
        assert await next_of(staying) == 1
