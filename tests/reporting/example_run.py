"""An example of everything a report can show: forty seconds of clients, crashes and, if asked for, some anomalies. Run it to look at it."""

import random
import sys
from pathlib import Path

import attrs

from streambus.checkers import DURABLE_LOG, Assigned, Fault, History, Operation, Outcome, Polled, Sent, Verdict, check
from streambus.reporting import Run, SubRun, write_report

TOPIC = "orders"
PARTITIONS = 4
SECOND = 1_000_000
CRASHES = ((4.1, 5.3), (11.6, 12.4), (19.0, 21.2), (27.7, 28.3), (33.5, 35.0))


def example_history(seed: int = 7, *, broken: bool = False, seconds: int = 40) -> History:
    """Six clients of a log that goes down five times. If `broken`, the third power cut takes acknowledged records with it."""
    dice = random.Random(seed)
    faults = [Fault("power cut", "broker 1", int(a * SECOND), int(b * SECOND), f"crash {n + 1}") for n, (a, b) in enumerate(CRASHES)]
    faults.append(Fault("slow disk", "broker 1 disk", 14 * SECOND, 17 * SECOND, "sync takes 40 ms longer"))
    faults.append(Fault("reset", "producer 2 – broker 1", 24 * SECOND, 24 * SECOND))
    history = History(faults=faults)
    logs: list[list[bytes]] = [[] for _ in range(PARTITIONS)]
    lost: set[bytes] = set()

    def down_at(time: int) -> float | None:
        return next((end for begin, end in CRASHES if begin * SECOND <= time < end * SECOND), None)

    events = sorted(
        [(int(dice.uniform(0, seconds) * SECOND), f"producer {dice.randrange(3) + 1}") for _ in range(seconds * 40)]
        + [(at * 100_000 + who * 7_001, f"consumer {who + 1}") for at in range(1, seconds * 10 + 20) for who in range(2)]
    )
    positions = {f"consumer {who + 1}": [0] * PARTITIONS for who in range(2)}
    free_at: dict[str, int] = {}
    for process in positions:
        history.append(Operation(process, Outcome.OK, 0, 0, (Assigned(tuple((TOPIC, p) for p in range(PARTITIONS))),)))
    for number, (time, process) in enumerate(events):
        if time < free_at.get(process, 0):
            continue
        end = down_at(time)
        if process in positions:
            if end is None:
                actions = []
                for partition, log in enumerate(logs):
                    position = positions[process][partition]
                    batch = log[position : position + 8]
                    actions += [Polled(TOPIC, partition, position + at, value) for at, value in enumerate(batch) if value not in lost]
                    positions[process][partition] += len(batch)
                done = time + dice.randrange(500, 4_000)
                history.append(Operation(process, Outcome.OK, time, done, tuple(actions)))
                free_at[process] = done
            continue
        partition = dice.choices(range(PARTITIONS), (5, 4, 3, 1))[0]
        value = f"order {number:05}".encode()
        took = int(dice.lognormvariate(8.0, 0.5)) + (40_000 if 14 * SECOND <= time < 17 * SECOND else 0)
        if end is not None:
            fate = dice.random()
            done = time + 250_000
            if fate < 0.25:
                history.append(Operation(process, Outcome.FAIL, time, done, (Sent(TOPIC, partition, value),), "broker not reachable"))
            elif fate < 0.5:
                if fate < 0.4:
                    logs[partition].append(value)
                history.append(Operation(process, Outcome.INFO, time, done, (Sent(TOPIC, partition, value),), "request timed out"))
            else:
                done = int(end * SECOND) + took + dice.randrange(200_000)
                logs[partition].append(value)
                history.append(Operation(process, Outcome.OK, time, done, (Sent(TOPIC, partition, value, len(logs[partition]) - 1),)))
        else:
            done = time + took
            logs[partition].append(value)
            history.append(Operation(process, Outcome.OK, time, done, (Sent(TOPIC, partition, value, len(logs[partition]) - 1),)))
            if broken and 18.7 * SECOND < time < 19 * SECOND and partition == 1:
                lost.add(value)
        free_at[process] = done
    if broken:
        _break(history, logs)
    return history


def _break(history: History, logs: list[list[bytes]]) -> None:
    """A copy, a read of a failed send and a step back, at the end of the history."""
    now = max(operation.completed_at or 0 for operation in history.operations) + 50_000
    failed = next(operation for operation in history.operations if operation.outcome is Outcome.FAIL)
    (sent,) = failed.actions
    assert isinstance(sent, Sent)
    end = len(logs[sent.partition])
    history.append(Operation("consumer 1", Outcome.OK, now, now + 900, (Polled(TOPIC, sent.partition, end, sent.value),)))
    again = logs[2][10]
    history.append(Operation("consumer 2", Outcome.OK, now, now + 700, (Polled(TOPIC, 2, len(logs[2]), again),)))
    history.append(Operation("consumer 2", Outcome.OK, now + 1_000, now + 1_700, (Polled(TOPIC, 0, 5, logs[0][5]),)))


def sub_runs(broken: bool) -> tuple[SubRun, ...]:
    """Fifty simulated seeds, one of them invalid if `broken`."""
    dice = random.Random(3)
    verdicts: tuple[Verdict, Verdict] = (check(example_history(1)), check(example_history(1, broken=True)))
    runs = []
    for seed in range(50):
        verdict = verdicts[broken and seed == 17]
        verdict = attrs.evolve(verdict, covered=attrs.evolve(verdict.covered, operations=dice.randrange(1500, 2500)))
        facts = {
            "power cuts": dice.randrange(1, 9),
            "events": dice.randrange(20_000, 40_000),
            "simulated seconds": round(dice.uniform(20, 60), 1),
            "trace": f"{dice.getrandbits(48):012x}",
        }
        runs.append(SubRun(f"seed {seed}", verdict, facts))
    return tuple(runs)


def example_run(*, broken: bool = False, seeds: bool = True) -> Run:
    """The run of `example_history`, and fifty more."""
    history = example_history(broken=broken)
    return Run(
        title="One broker, killed five times while it serves",
        contract=DURABLE_LOG,
        when="2026-11-23 13:10 UTC",
        world="real",
        history=history,
        verdict=check(history),
        seeds=(7,),
        summary="Three producers and two consumers use a broker whose power is cut five times. Whatever was acknowledged is read back.",
        facts={"events per second": 31_234.5, "restarts": 5, "slowest recovery": "0.21 s"},
        configuration={"acks": "all", "enable.idempotence": True, "linger.ms": 5, "compression.type": "none, gzip, snappy, lz4, zstd"},
        sub_runs=sub_runs(broken) if seeds else (),
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print(write_report(example_run(), folder / "held"))
    print(write_report(example_run(broken=True), folder / "broken"))
