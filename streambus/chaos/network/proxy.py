"""The proxy: runs in a thread of its own, on trio, and is told from any thread what the network shall be like."""

import random
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Self, TypeVar

import trio

from streambus.chaos.network.conditions import FAIR, Conditions, Direction
from streambus.chaos.network.link import Link, Weather

Answer = TypeVar("Answer")

DIAL_SECONDS_MAX = 5


class Proxy:
    """Listens on a free port of this machine, and for every client connects to `host:port`. A context manager: inside, it runs.

    `conditions` hold for all connections, old and new, until they are set again; the other methods do something once to the connections
    that there are. All of them may be called from any thread.
    """

    def __init__(self, host: str, port: int, seed: int = 0) -> None:
        self._target = (host, port)
        self._dice = random.Random(seed)
        self._links: dict[Link, None] = {}
        self._thread = Thread(target=self._run, name="proxy", daemon=True)
        self._serves = Event()
        self._failure: BaseException | None = None
        self.address = ""
        self.relayed_bytes = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._serves.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._failure is None:
            self._in_its_thread(self._scope.cancel)
        self._thread.join()
        if self._failure is not None and error is None:
            raise self._failure

    @property
    def conditions(self) -> Conditions:
        """What the network is like."""
        return self._weather.conditions

    @conditions.setter
    def conditions(self, conditions: Conditions) -> None:
        self._in_its_thread(lambda: self._weather.change(conditions))

    def cut(self) -> int:
        """Reset every connection. How many there were."""
        return self._to_each(Link.reset)

    def cut_mid_frame(self, direction: Direction) -> int:
        """Cut every connection as soon as a part of a frame, and not all of it, has gone in `direction`. How many there are."""
        return self._to_each(lambda link: link.cut_inside(direction))

    def half_open(self, lost: Direction) -> int:
        """Every connection loses the end that `lost` leads to, and the other end is not told. How many there are."""
        return self._to_each(lambda link: link.lose(lost))

    def connections(self) -> int:
        """How many connections there are."""
        return self._in_its_thread(lambda: len(self._links))

    def heal(self) -> None:
        """A fair network from now on. Connections that are half open, or about to be cut, are reset."""

        def heal() -> None:
            self._weather.change(FAIR)
            for link in list(self._links):
                if link.is_damaged:
                    link.reset()

        self._in_its_thread(heal)

    def _to_each(self, hurt: Callable[[Link], None]) -> int:
        def hurt_all() -> int:
            links = list(self._links)
            for link in links:
                hurt(link)
            return len(links)

        return self._in_its_thread(hurt_all)

    def _in_its_thread(self, function: Callable[[], Answer]) -> Answer:
        return trio.from_thread.run_sync(function, trio_token=self._token)

    # In the thread of the proxy -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            trio.run(self._serve)
        except BaseException as failure:  # it is raised again by whoever waits for the thread
            self._failure = failure
        finally:
            self._serves.set()

    async def _serve(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._weather = Weather(FAIR, self._dice)
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.address = f"127.0.0.1:{listener.socket.getsockname()[1]}"
        with trio.CancelScope() as self._scope:
            self._serves.set()
            await trio.serve_listeners(self._connect, [listener])

    async def _connect(self, client: trio.SocketStream) -> None:
        """A client is there: connect it. If the broker is not there, the client learns it by a closed connection."""
        try:
            with trio.fail_after(DIAL_SECONDS_MAX):
                broker = await trio.open_tcp_stream(*self._target)
        except (OSError, trio.TooSlowError):
            client.socket.close()
            return
        link = Link(client, broker, self._weather, self._count)
        self._links[link] = None
        try:
            await link.run()
        finally:
            del self._links[link]

    def _count(self, number: int) -> None:
        self.relayed_bytes += number
