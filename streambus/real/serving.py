"""Serving: one broker as a process, from an empty folder to a clean end."""

import gc
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import time_ns

import attrs
import trio

from streambus.broker import Broker, BrokerConfig, Listener, Ready
from streambus.kernel import Effect, Trace
from streambus.real.descriptors import raise_limit
from streambus.real.driver import Driver
from streambus.real.files import Files, FileSystem
from streambus.real.folder import locked_folder
from streambus.real.listening import Listening, listen
from streambus.real.reserve import settle_reserve

YOUNG_OBJECTS_MAX = 20_000
"""Allocations between two looks of the cycle collector. Nothing on a request's way is part of a cycle: reference counts free it."""


SWITCH_SECONDS = 0.0005
"""How long the thread that writes waits for a loop that is busy, each time it has been in the system. Python's five milliseconds, several
times for every sync, are longer than the sync."""


@attrs.frozen
class Serving:
    """What people want to know once the broker serves: where it listens, what clients are told, what was found in the folder."""

    listening: tuple[Listening, ...]
    advertised: tuple[Listener, ...]
    cluster_id: str
    recovered_bytes: int


def serve(
    config: BrokerConfig,
    folder: Path,
    *,
    bind: Sequence[Listener] | None = None,
    on_ready: Callable[[Serving], None] | None = None,
    trace: Callable[[Trace], None] | None = None,
    open_files: Callable[[Path], FileSystem] = Files,
    wall_clock: Callable[[], int] = time_ns,
) -> str | None:
    """Run a broker on `folder` until SIGINT or SIGTERM; a second signal does not wait for the clean end.

    `config.listeners` is what clients are told; a port 0 there stands for the port that was bound. `bind` says where to listen, by the same
    names (default: where clients are told to connect). `open_files` and `wall_clock` are for tests whose disk fails or whose clock is
    wrong. Returns None after a clean end, else one line that says why it ended.

    Raises `UnusableFolder` and `CannotListen` before anything has happened, and whatever a mistake of ours raises.
    """
    raise_limit()
    with ExitStack() as stack:
        stack.enter_context(locked_folder(folder))
        has_room = settle_reserve(folder)
        store = attrs.evolve(config.store, may_rewrite=has_room)  # type: ignore[misc,unused-ignore]
        listening: list[Listening] = []
        for listener in bind or config.listeners:
            listening.append(listen(listener.name, listener.host, listener.port))
            stack.callback(listening[-1].sock.close)
        advertised = advertise(config.listeners, listening)

        def perform(effect: Effect) -> None:
            assert isinstance(effect, Ready), effect
            if on_ready is not None:
                on_ready(Serving(tuple(listening), advertised, effect.cluster_id, effect.recovered_bytes))

        found = {"listeners": advertised, "store": store, "log_dir": str(folder.resolve()), "has_room": has_room}
        broker = Broker(attrs.evolve(config, **found))  # type: ignore[misc,unused-ignore]
        driver = Driver(
            broker, folder=folder, listening=listening, perform=perform, trace=trace, open_files=open_files, wall_clock=wall_clock
        )
        gc.freeze()
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.set_threshold(YOUNG_OBJECTS_MAX, 20, 50)
        return trio.run(run_until_signal, driver)


def advertise(listeners: Sequence[Listener], listening: Sequence[Listening]) -> tuple[Listener, ...]:
    """`listeners`, with the bound port where port 0 was asked for."""
    ports = {door.name: door.port for door in listening}
    return tuple(Listener(each.name, each.host, each.port or ports[each.name]) for each in listeners)


async def run_until_signal(driver: Driver) -> str | None:
    """Run `driver`; the first SIGINT or SIGTERM asks its node to stop, the second ends it. Returns as `Driver.run` does."""
    outcome: str | None = "ended by a second signal"
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:

        async def watch(*, task_status: trio.TaskStatus[None]) -> None:
            with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                task_status.started()
                await anext(signals)
                driver.request_stop()
                await anext(signals)
                nursery.cancel_scope.cancel()

        await nursery.start(watch)
        try:
            outcome = await driver.run()
        except Exception as error:
            failure = error
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return outcome
