"""A broker in a thread of this process."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import attrs
import trio

from streambus.broker import Broker, BrokerConfig, Listener, Ready
from streambus.kernel import Effect, Severity, Trace
from streambus.real.driver import Driver
from streambus.real.files import Files, FileSystem
from streambus.real.folder import locked_folder
from streambus.real.listening import Listening, listen
from streambus.real.memory_files import MemoryFiles
from streambus.real.serving import advertise
from streambus.records import Record
from streambus.testing.conversation import Conversation

LISTENER = "PLAINTEXT"
HOST = "127.0.0.1"
START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 30.0


class BrokerEnded(RuntimeError):
    """The broker did not come up, or ended by itself. The text says why."""


@contextmanager
def broker(*, data: Path | None = None, properties: Mapping[str, str] | None = None, port: int = 0) -> Iterator["RunningBroker"]:
    """A broker that serves until the block ends.

    `data` is the folder of its data, which is kept; without one the data is in memory. `properties` are Kafka's broker settings by their
    Kafka names, such as `{"auto.create.topics.enable": "false"}`. `port` 0 takes a free one. Raises `BrokerEnded` if it does not come up,
    `InvalidConfig` for a property that cannot be.
    """
    running = RunningBroker(data=data, properties=properties, port=port)
    running.start()
    try:
        yield running
    finally:
        running.stop()


class RunningBroker:
    """A broker in a thread of this process: where it is, and what a test may ask of it and do to it.

    It may be stopped or crashed and started again: it has the same port and the same data then.
    """

    def __init__(self, *, data: Path | None = None, properties: Mapping[str, str] | None = None, port: int = 0) -> None:
        self.host = HOST
        self.port = port
        self.warnings: list[str] = []
        """What it would have written to its log, from warnings up."""
        self._data = data
        self._memory = MemoryFiles()
        self._config = BrokerConfig(listeners=(Listener(LISTENER, HOST, port),), properties=tuple((properties or {}).items()))
        self._life: _Life | None = None

    @property
    def bootstrap_servers(self) -> str:
        """`host:port`, as clients want to have it."""
        return f"{self.host}:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether it serves."""
        return self._life is not None and self._life.is_alive()

    # Its life -----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Let it serve; return when it does. Nothing if it does already."""
        if self.is_running:
            return
        self._life = _Life(self._config, self.port, self._data, self._memory, self._note)
        self.port = self._life.begin()

    def stop(self) -> None:
        """Let it end cleanly, as SIGTERM would; return when it has. Nothing if it has already."""
        self._end(cleanly=True)

    def crash(self) -> None:
        """End it at once, as SIGKILL would: what was not acknowledged may be lost, what was is there at the next `start`."""
        self._end(cleanly=False)

    def restart(self) -> None:
        """Stop it cleanly, and start it again."""
        self.stop()
        self.start()

    def _end(self, *, cleanly: bool) -> None:
        life, self._life = self._life, None
        if life is not None:
            life.end(cleanly=cleanly)

    def _note(self, trace: Trace) -> None:
        if trace.severity in (Severity.WARNING, Severity.ERROR):
            self.warnings.append(" ".join((trace.text, *(f"{name}={value}" for name, value in trace.fields))))

    # Questions of a test ------------------------------------------------------------------------------------------------

    def create_topic(self, name: str, partitions: int = 1, configs: Mapping[str, str] | None = None) -> None:
        """Make a topic. Raises `RequestFailed` if the broker refuses."""
        with self._talk() as conversation:
            conversation.create_topic(name, partitions, configs or {})

    def delete_topic(self, name: str) -> None:
        """Remove a topic with all of its records. Raises `RequestFailed` if the broker refuses."""
        with self._talk() as conversation:
            conversation.delete_topic(name)

    def topics(self) -> dict[str, int]:
        """The topics there are, with their numbers of partitions."""
        with self._talk() as conversation:
            return conversation.topics()

    def records(self, topic: str, partition: int | None = None) -> list[Record]:
        """What a consumer would read from the beginning to the end as it is now: of one partition, or of all, one after the other."""
        with self._talk() as conversation:
            partitions = range(conversation.topics().get(topic, 0)) if partition is None else (partition,)
            return [record for index in partitions for record in conversation.records(topic, index)]

    def _talk(self) -> Conversation:
        if not self.is_running:
            raise BrokerEnded("the broker is not running")
        return Conversation(self.host, self.port)


class _Life:
    """One life of the broker, in a thread: from `begin` to `end`."""

    def __init__(self, config: BrokerConfig, port: int, data: Path | None, memory: MemoryFiles, note: Callable[[Trace], None]) -> None:
        self._config = config
        self._port = port
        self._data = data
        self._memory = memory
        self._note = note
        self._settled = Event()
        self._is_ready = False
        self._reason: str | None = None
        self._failure: BaseException | None = None
        self._listening: Listening | None = None
        self._driver: Driver | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self._scope = trio.CancelScope()
        self._thread = Thread(target=self._run, name="streambus.testing", daemon=True)

    def begin(self) -> int:
        """Start, and return the port once the broker serves."""
        self._thread.start()
        if not self._settled.wait(START_SECONDS_MAX):
            raise BrokerEnded(f"the broker does not come up within {START_SECONDS_MAX:.0f} s")
        if not self._is_ready or self._listening is None:
            self._thread.join()
            if self._failure is not None:
                raise self._failure
            raise BrokerEnded(f"the broker did not come up: {self._reason}")
        return self._listening.port

    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def end(self, *, cleanly: bool) -> None:
        """End, and return when everything is closed. Raises what went wrong in it."""
        if self._token is not None and self._driver is not None:
            try:
                self._token.run_sync_soon(self._driver.request_stop if cleanly else self._scope.cancel)
            except trio.RunFinishedError:
                pass
        self._thread.join(STOP_SECONDS_MAX)
        if self._thread.is_alive():
            raise BrokerEnded(f"the broker does not end within {STOP_SECONDS_MAX:.0f} s")
        if self._failure is not None:
            raise self._failure
        if cleanly and self._reason is not None:
            raise BrokerEnded(f"the broker ended by itself: {self._reason}")

    def _run(self) -> None:
        try:
            with ExitStack() as stack:
                if self._data is not None:
                    stack.enter_context(locked_folder(self._data))
                self._listening = listen(LISTENER, HOST, self._port)
                stack.callback(self._listening.sock.close)
                self._reason = trio.run(self._live, self._listening)
        except BaseException as failure:
            self._failure = failure
        finally:
            self._settled.set()

    async def _live(self, listening: Listening) -> str | None:
        self._token = trio.lowlevel.current_trio_token()
        advertised = advertise(self._config.listeners, [listening])
        node = Broker(attrs.evolve(self._config, listeners=advertised))  # type: ignore[misc,unused-ignore]
        self._driver = Driver(
            node, folder=self._data or Path(), listening=[listening], perform=self._perform, trace=self._note, open_files=self._open_files
        )
        with self._scope:
            return await self._driver.run()
        return "it was crashed"

    def _open_files(self, folder: Path) -> FileSystem:
        return self._memory if self._data is None else Files(folder)

    def _perform(self, effect: Effect) -> None:
        if isinstance(effect, Ready):
            self._is_ready = True
            self._settled.set()
