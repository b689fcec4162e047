"""Components: where a graph is tangled, after Tarjan, without recursion."""

from array import array
from collections.abc import Iterable


class Adjacency:
    """The edges of a graph by source: those of node `n` are at `starts[n]` to `starts[n + 1]` of `targets` and `types`."""

    __slots__ = ("starts", "targets", "types")

    def __init__(self, size: int, sources: Iterable[int], targets: "array[int]", types: bytearray) -> None:
        starts = array("i", [0]) * (size + 1)
        sources = array("i", sources)
        for source in sources:
            starts[source + 1] += 1
        total = 0
        for node in range(size + 1):
            total += starts[node]
            starts[node] = total
        fill = array("i", starts)
        self.starts = starts
        self.targets = array("i", [0]) * len(targets)
        self.types = bytearray(len(types))
        for source, target, kind in zip(sources, targets, types, strict=True):
            place = fill[source]
            fill[source] = place + 1
            self.targets[place] = target
            self.types[place] = kind


def components(graph: Adjacency, nodes: Iterable[int], allowed: int) -> list[list[int]]:
    """The sets of two or more nodes that reach one another over edges of `allowed` types, each in order; found from `nodes`."""
    starts, targets, types = graph.starts, graph.targets, graph.types
    size = len(starts) - 1
    order = array("i", [0]) * size
    low = array("i", [0]) * size
    done = bytearray(size)
    among = bytearray(size)
    roots = list(nodes)
    for node in roots:
        among[node] = 1
    cursor = array("i", starts)
    stack: list[int] = []
    found: list[list[int]] = []
    counter = 0
    for root in roots:
        if order[root]:
            continue
        path = [root]
        counter += 1
        order[root] = low[root] = counter
        stack.append(root)
        while path:
            node = path[-1]
            place, end = cursor[node], starts[node + 1]
            descended = False
            while place < end:
                target = targets[place]
                if types[place] & allowed and among[target] and not done[target]:
                    if not order[target]:
                        cursor[node] = place
                        counter += 1
                        order[target] = low[target] = counter
                        stack.append(target)
                        path.append(target)
                        descended = True
                        break
                    if low[target] < low[node]:
                        low[node] = low[target]
                place += 1
            if descended:
                continue
            cursor[node] = end
            path.pop()
            if path and low[node] < low[path[-1]]:
                low[path[-1]] = low[node]
            if low[node] == order[node]:
                component = []
                while True:
                    member = stack.pop()
                    done[member] = 1
                    component.append(member)
                    if member == node:
                        break
                if len(component) > 1:
                    found.append(sorted(component))
    return sorted(found)
