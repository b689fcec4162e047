"""Isolation: what transactions saw of one another, place by place.

- *G1b*, an intermediate read: a transaction's last record of a partition is one that another transaction sent, which sent more behind it.
- *Lost update*: two transactions read a partition up to the same record, and both sent to it.

Kafka excludes neither; a contract may.
"""

from collections.abc import Callable, Iterable, Iterator

from streambus.checkers.dependencies import Dependencies, is_node
from streambus.checkers.findings import Finding, Read
from streambus.checkers.kinds import Kind
from streambus.checkers.operations import Isolation, Operation


def missed_isolation(graph: Dependencies, walk: Callable[[], Iterable[Operation]]) -> Iterator[Finding]:
    """All intermediate reads and lost updates."""
    found = [*_intermediate_reads(graph), *_lost_updates(graph)]
    wanted = {node for _, _, _, _, nodes in found for node in nodes}
    known: dict[int, Operation] = {}
    node = 0
    for operation in walk() if found else ():
        if is_node(operation):
            if node in wanted:
                known[node] = operation
            node += 1
    for kind, place, offset, count, (one, other) in found:
        before, after = known[one], known[other]
        if kind is Kind.INTERMEDIATE_READ and after.isolation is not Isolation.READ_COMMITTED:
            continue
        told = (
            f"{after.process} read up to offset {offset}, but {before.process} sent more behind it in the same transaction"
            if kind is Kind.INTERMEDIATE_READ
            else f"{before.process} and {after.process} both read up to offset {offset} and then sent to this partition"
        )
        yield Finding(
            kind,
            *graph.places[place],
            offset,
            f"{told}.",
            reads=tuple(_places_of_sends(graph, place, (one, other))),
            operations=(before, after),
            records=count,
        )


def _places_of_sends(graph: Dependencies, place: int, nodes: tuple[int, int]) -> Iterator[Read]:
    """The reads that tell where the last records that these operations sent to this place are."""
    ledger = graph.ledgers[graph.places[place]]
    for node in nodes:
        sent = [offset for offset, writer in graph.version_orders[place] if writer == node]
        if sent and (number := ledger.log.at(sent[-1])) >= 0:
            yield (*graph.places[place], sent[-1], ledger.marks[number])


_Found = tuple[Kind, int, int, int, tuple[int, int]]


def _intermediate_reads(graph: Dependencies) -> list[_Found]:
    last: list[dict[int, int]] = [{writer: offset for offset, writer in line} for line in graph.version_orders]
    found: list[_Found] = []
    for node, place, offset, number in zip(*graph.reads, strict=True):
        writer = graph.writers[place][number]
        if writer >= 0 and writer != node and graph.transactional[node] and graph.transactional[writer]:
            behind = last[place].get(writer)
            if behind is not None and behind > offset:
                found.append((Kind.INTERMEDIATE_READ, place, offset, 1, (writer, node)))
    return found


def _lost_updates(graph: Dependencies) -> list[_Found]:
    senders: list[dict[int, None]] = [dict.fromkeys(writer for _, writer in line) for line in graph.version_orders]
    groups: dict[tuple[int, int], list[int]] = {}
    for node, place, offset, _ in zip(*graph.reads, strict=True):
        if graph.transactional[node] and node in senders[place]:
            groups.setdefault((place, offset), []).append(node)
    return [
        (Kind.LOST_UPDATE, place, offset, len(nodes) - 1, (nodes[0], nodes[1]))
        for (place, offset), nodes in groups.items()
        if len(nodes) > 1
    ]
