"""`python -m benchmarks.histories [operations]`: how fast histories are judged, and in how much memory.

Two histories of a correct log are judged with everything on: plain sends and polls, and transactions that read and write. Operations are
made as they are walked, as if they came from a file, so that the memory is the checker's own; the time of making them is taken off.
"""

import random
import resource
import sys
import time
from collections.abc import Callable, Iterator

from streambus.checkers import DURABLE_LOG_PARTLY_READ, Action, Checker, Operation, Outcome, Polled, Sent, Sought

PARTITIONS = 8
READERS = 4
POLL_RECORDS = 16

Source = Callable[[], Iterator[Operation]]


def plain(count: int) -> Iterator[Operation]:
    """As many sends as polls: each record is sent once and read by each of the readers."""
    dice = random.Random(1)
    logs: list[list[bytes]] = [[] for _ in range(PARTITIONS)]
    positions = [[0] * PARTITIONS for _ in range(READERS)]
    for number in range(count):
        now = number * 3
        if number % 2 == 0:
            partition, value = dice.randrange(PARTITIONS), b"record %012d" % number
            logs[partition].append(value)
            offset = len(logs[partition]) - 1
            yield Operation(f"producer {partition % 3}", Outcome.OK, now, now + 2, (Sent("orders", partition, value, offset),))
            continue
        reader, partition = number // 2 % READERS, number // (2 * READERS) % PARTITIONS
        log, position = logs[partition], positions[reader][partition]
        end = min(len(log), position + POLL_RECORDS)
        positions[reader][partition] = end
        polled = tuple([Polled("orders", partition, offset, log[offset]) for offset in range(position, end)])
        yield Operation(f"reader {reader}", Outcome.OK, now, now + 2, polled)


def transactions(count: int) -> Iterator[Operation]:
    """Each reads what the one before it sent to one partition, and sends to two others: their order is that of time."""
    ends = [0] * PARTITIONS
    last: list[tuple[int, int, bytes]] = []
    for number in range(count):
        now = number * 3
        actions: list[Action] = [action for place in last for action in (Sought("orders", place[0]), Polled("orders", *place))]
        last = []
        for partition in (number % PARTITIONS, (number + 3) % PARTITIONS):
            value = b"record %010d %d" % (number, partition)
            actions.append(Sent("orders", partition, value, ends[partition]))
            last.append((partition, ends[partition], value))
            ends[partition] += 1
        yield Operation(f"worker {number % 5}", Outcome.OK, now, now + 2, tuple(actions), "", True)


def measure(name: str, source: Source) -> None:
    """Judge one history and print what it took."""
    begun = time.process_time()
    operations = sum(1 for _ in source())
    making = time.process_time() - begun
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    walks = 0

    def walked() -> Iterator[Operation]:
        nonlocal walks
        walks += 1
        return source()

    begun = time.process_time()
    checker = Checker(DURABLE_LOG_PARTLY_READ)
    for operation in walked():
        checker.observe(operation)
    verdict = checker.verdict(walked)
    judging = time.process_time() - begun - making * walks
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{name:14} {operations:>9,} operations  {judging:6.1f} s  {operations / judging:>9,.0f} operations/s  {megabytes:5.0f} MB  "
        f"{'valid' if verdict.valid else 'INVALID'}  {walks} walks"
    )


def main() -> None:
    """Measure both."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    measure("plain", lambda: plain(count))
    measure("transactions", lambda: transactions(count))


if __name__ == "__main__":
    main()
