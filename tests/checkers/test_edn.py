"""The EDN form, read back with a small reader of our own."""

import random
import re

from histories import TOPIC, assigned, fail, history, info, ok, polled, sent, written
from worlds import World

from streambus.checkers import UNKNOWN_PARTITION, History, Operation, Outcome, Sought, Subscribed, to_edn
from streambus.checkers.edn import Mapping

TOKEN = re.compile(r'[\s,]*([\[\]{}]|"(?:\\.|[^"\\])*"|[^\s,\[\]{}]+)')


def read(text):
    """The value that an EDN text of maps, vectors, integers, keywords, strings and nil stands for."""
    tokens = TOKEN.findall(text)
    value, rest = parse(tokens)
    assert rest == []
    return value


def parse(tokens):
    token, rest = tokens[0], tokens[1:]
    if token in "[{":
        values, closing = [], {"[": "]", "{": "}"}[token]
        while rest[0] != closing:
            value, rest = parse(rest)
            values.append(value)
        return (values if token == "[" else dict(zip(values[::2], values[1::2], strict=True))), rest[1:]
    if token.startswith('"'):
        return token[1:-1].replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\"), rest
    return (None if token == "nil" else token if token.startswith(":") else int(token)), rest


def test_the_form_is_this():
    steps = history(
        ok("producer", sent("a", 7)), ok("reader", assigned(0)), ok("reader", polled(7, "a"), polled(8, "b")), fail("producer", sent("c"))
    )
    steps.append(Operation("producer", Outcome.INFO, 40, None, (sent("b"),), 'timed "out"'))
    assert list(to_edn(steps)) == [
        "{:index 0, :type :invoke, :process 0, :f :send, :value [[:send 0 0]], :time 0}",
        "{:index 1, :type :ok, :process 0, :f :send, :value [[:send 0 [7 0]]], :time 5000}",
        "{:index 2, :type :invoke, :process 1, :f :assign, :value [0], :time 10000}",
        "{:index 3, :type :ok, :process 1, :f :assign, :value [0], :time 15000}",
        "{:index 4, :type :invoke, :process 1, :f :poll, :value [[:poll]], :time 20000}",
        "{:index 5, :type :ok, :process 1, :f :poll, :value [[:poll {0 [[7 0] [8 1]]}]], :time 25000}",
        "{:index 6, :type :invoke, :process 0, :f :send, :value [[:send 0 2]], :time 30000}",
        "{:index 7, :type :fail, :process 0, :f :send, :value [[:send 0 2]], :time 35000}",
        "{:index 8, :type :invoke, :process 0, :f :send, :value [[:send 0 1]], :time 40000}",
        '{:index 9, :type :info, :process 0, :f :send, :value [[:send 0 [nil 1]]], :time 41000, :error "timed \\"out\\""}',
    ]


def test_a_transaction_is_one_operation():
    steps = History([Operation("t", Outcome.OK, 1, 2, (polled(0, "a"), polled(0, "x", 1), sent("b", 1), polled(3, "c")), "", True)])
    completed = read(list(to_edn(steps))[1])
    assert completed[":f"] == ":txn"
    assert completed[":value"] == [[":poll", {0: [[0, 0]], 1: [[0, 1]]}], [":send", 0, [1, 2]], [":poll", {0: [[3, 3]]}]]


def test_a_process_with_several_sends_under_way_becomes_several():
    steps = History([Operation("p", Outcome.OK, n, 10 + n, (sent(f"{n}", n),)) for n in range(3)])
    assert [read(line)[":process"] for line in to_edn(steps)] == [0, 1, 2, 0, 1, 2]


def test_a_process_ends_with_an_unknown_outcome():
    lines = [read(line) for line in to_edn(history(info("p", sent("a")), ok("p", sent("b", 0))))]
    assert [line[":process"] for line in lines] == [0, 0, 1, 1]


def test_a_position_chosen_anew_is_read_by_a_new_process():
    steps = history(*written("a"), ok("r", polled(0, "a")), ok("r", Sought(TOPIC, 0)), ok("r", polled(0, "a")), ok("r", polled(1, "b")))
    polls = [read(line) for line in to_edn(steps)]
    assert [line[":process"] for line in polls if line[":f"] == ":poll" and line[":type"] == ":ok"] == [1, 2, 2]


def test_a_subscription_names_the_keys_of_its_topics():
    steps = history(ok("r", Subscribed("g", (TOPIC,)), polled(0, "a"), polled(0, "b", 1)), ok("r"))
    lines = [read(line) for line in to_edn(steps) if ":ok" in line]
    assert [(line[":f"], line[":value"]) for line in lines] == [
        (":subscribe", [0, 1]),
        (":poll", [[":poll", {0: [[0, 0]], 1: [[0, 1]]}]]),
        (":poll", [[":poll", {}]]),
    ]
    assert len({line[":process"] for line in lines}) == 1


def test_a_send_of_unknown_partition_has_the_key_where_it_was_read():
    mapping = Mapping()
    steps = history(ok("p", sent("a", None, UNKNOWN_PARTITION)), ok("r", polled(4, "a", 3)))
    assert read(list(to_edn(steps, mapping))[1])[":value"] == [[":send", 0, [None, 0]]]
    assert (mapping.keys, mapping.values) == ({(TOPIC, 3): 0}, {b"a": 0})


def test_any_history_becomes_one_that_jepsen_can_read():
    for seed in range(300):
        dice = random.Random(seed)
        events = [read(line) for line in to_edn(World(dice, 0.1).run(18))]
        assert [event[":index"] for event in events] == list(range(len(events)))
        assert [event[":time"] for event in events] == sorted(event[":time"] for event in events)
        under_way, ended = {}, set()
        for event in events:
            process = event[":process"]
            assert process not in ended
            if event[":type"] == ":invoke":
                assert process not in under_way
                under_way[process] = event
                continue
            assert under_way.pop(process)[":f"] == event[":f"]
            if event[":type"] == ":info":
                ended.add(process)
        assert under_way == {}
