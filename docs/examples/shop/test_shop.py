"""How the shop is tested: against a real broker, which is there in a few milliseconds."""

import asyncio
import json

import pytest
from shop import ORDERS, Ledger, Till

import streambus.testing


def test_the_ledger_adds_up_what_the_till_took(streambus_broker):
    streambus_broker.create_topic(ORDERS, partitions=3)
    till = Till(streambus_broker.bootstrap_servers)
    till.take("ada", 300)
    till.take("grace", 150)
    till.take("ada", 50)
    assert asyncio.run(Ledger(streambus_broker.bootstrap_servers).totals()) == {"ada": 350, "grace": 150}


def test_orders_are_written_down_under_the_customers_name(streambus_broker):
    Till(streambus_broker.bootstrap_servers).take("ada", 300)
    (order,) = streambus_broker.records(ORDERS)
    assert bytes(order.key) == b"ada"
    assert json.loads(order.value) == {"cents": 300}


def test_an_order_that_was_taken_survives_a_crash_of_the_broker(streambus_broker):
    till = Till(streambus_broker.bootstrap_servers)
    till.take("ada", 300)
    streambus_broker.crash()
    streambus_broker.start()
    till.take("ada", 50)
    assert asyncio.run(Ledger(streambus_broker.bootstrap_servers).totals()) == {"ada": 350}


def test_the_till_says_so_when_orders_are_too_large(tmp_path):
    with streambus.testing.broker(data=tmp_path) as broker:
        broker.create_topic(ORDERS, configs={"max.message.bytes": "100"})
        with pytest.raises(RuntimeError, match="MSG_SIZE_TOO_LARGE"):
            Till(broker.bootstrap_servers).take("a customer with quite a long name" * 10, 300)
