"""The two sides: where a broker is, what it has answered, and how it is put back as it was between two scripts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Set as AbstractSet
from pathlib import Path

from benchmarks.subjects.kafka import ApacheKafka
from streambus.chaos.broker_process import BrokerProcess, free_port
from streambus.wire import messages

from .client import Closed, Keeper, Line, Seen, Silence, spoken
from .script import Step
from .symbols import Memory

CACHE = Path(__file__).parents[2] / ".cache"

HEAP = {"-Xmx1G": "-Xmx256M", "-Xms1G": "-Xms128M", "-XX:+UseG1GC": "-XX:+UseSerialGC"}
"""The JVM flags of the benchmarks, and what stands for them here."""

OUR_OWN = ("offsets.", "transaction.", "share.", "group.")
"""Settings of the benchmarks' Kafka that differ from Kafka's defaults, and that nothing here needs."""

HASTE = ("controller.quorum.append.linger.ms=0",)
"""Kafka's controller gathers changes for 25 ms, which is most of what a script takes."""

LAST_WORDS = 1500
"""So much of the log of a broker that died is told."""

KAFKA_START_SECONDS_MAX = 90.0
SETTLE_SECONDS_MAX = 10.0

TOPIC, BROKER = 2, 4
DELETE = 1
DYNAMIC_SOURCES = (2, 3)
"""Config sources that can be taken back: of this broker, of all brokers."""

Address = tuple[str, int]


class Side:
    """One broker, with the connections of the script that is played and what it has answered in it."""

    def __init__(self, name: str, address: Address, *, lags: bool) -> None:
        self.name = name
        self.address = address
        self.lags = lags
        """Whether it answers changes of metadata a moment before it knows of them everywhere."""
        self.keeper = Keeper(address)
        self.apis = spoken(self.keeper)
        self.lines: dict[int, Line] = {}
        self.memory = Memory("", 0)
        self.broker: StreamBusProcess | None = None
        """The process, if it is one of ours that may be started again."""
        self._found = frozenset(self._topics())
        """Topics that were there before."""
        self._barriers = 0
        self._barrier = f"barrier-{os.getpid()}-{free_port()}"
        self._set_up_barrier()

    def begin(self, prefix: str, now_ms: int) -> None:
        """Forget the last script."""
        for line in self.lines.values():
            line.close()
        self.lines = {}
        self.memory = Memory(prefix, now_ms, cluster_id=self._cluster_id(), log_dir=self._log_dir())

    def _cluster_id(self) -> str:
        answer = self.keeper.ask(messages.DescribeClusterRequest(), 0)
        return "" if answer is None else str(answer.cluster_id)

    def _log_dir(self) -> str:
        if 35 not in self.apis:
            return "/nowhere"
        answer = self.keeper.ask(messages.DescribeLogDirsRequest([]), 1)
        return str(answer.results[0].log_dir) if answer is not None and answer.results else "/nowhere"

    def ask(self, step: Step) -> Seen:
        """Carry out a step."""
        line = self.lines.setdefault(step.connection, Line(self.address))
        return line.ask(step, self.memory)

    def death(self) -> str | None:
        """What the broker said at its end, if it is at its end; then there is a new one, without any data."""
        if self.broker is None or self.broker.is_alive:
            return None
        words = self.broker.said()[-LAST_WORDS:]
        self.broker.start_afresh()
        self.address = address_of(self.broker.address)
        self.keeper = Keeper(self.address)
        self._set_up_barrier()
        for line in self.lines.values():
            line.close()
        self.lines = {}
        return words

    def _set_up_barrier(self) -> None:
        topic = messages.CreateTopicsRequest.CreatableTopic(self._barrier, 1, 1)
        self.keeper.ask(messages.CreateTopicsRequest([topic], 10_000), 5)

    def catch_up(self, step: Step) -> Seen:
        """What became of a step that has no answer, once all of it is done: its connection is closed, or nothing is seen of it.

        Requests of one connection are carried out in turns, and what is written later is durable later.
        """
        after = self.ask(Step("ApiVersions", 0, connection=step.connection))
        self._pass_barrier()
        return after if isinstance(after, Closed) else Silence()

    def settle(self) -> None:
        """Return when every change that was answered is known everywhere.

        Changes are applied in order, but those that come together are published together: when the second of two later changes can be
        seen, everything before the first has been carried out.
        """
        if not self.lags:
            return
        for _ in range(2):
            self._pass_barrier()

    def _pass_barrier(self) -> None:
        self._barriers += 1
        value = str(self._barriers)
        alter = messages.IncrementalAlterConfigsRequest
        change = alter.AlterConfigsResource(TOPIC, self._barrier, [alter.AlterableConfig("flush.messages", 0, value)])
        self.keeper.ask(alter([change]), 1)
        describe = messages.DescribeConfigsRequest
        question = describe([describe.DescribeConfigsResource(TOPIC, self._barrier, ["flush.messages"])])
        deadline = time.monotonic() + SETTLE_SECONDS_MAX
        while time.monotonic() < deadline:
            answer = self.keeper.ask(question, 1)
            if answer is not None and answer.results[0].configs and answer.results[0].configs[0].value == value:
                return
        raise TimeoutError(f"{self.name} does not apply its metadata")

    def tidy(self, asked: AbstractSet[str]) -> None:
        """Take back what a script that asked these APIs did to the whole broker, and delete its topics."""
        names = [name for name in self._topics() if name.startswith((self.memory.prefix, "__")) and name not in self._found]
        if names:
            self.keeper.ask(messages.DeleteTopicsRequest(topic_names=names, timeout_ms=10_000), 1)
        if asked & {"AlterConfigs", "IncrementalAlterConfigs"}:
            for name in ("", "1"):
                self._take_back_configs(name)
        if "AlterClientQuotas" in asked:
            self._take_back_quotas()
        if "AlterUserScramCredentials" in asked:
            self._take_back_users()
        self.settle()

    def _topics(self) -> list[str]:
        answer = self.keeper.ask(messages.MetadataRequest(None, allow_auto_topic_creation=False), 4)
        return [topic.name for topic in answer.topics]

    def _take_back_configs(self, name: str) -> None:
        if 44 not in self.apis:
            return
        describe = messages.DescribeConfigsRequest
        answer = self.keeper.ask(describe([describe.DescribeConfigsResource(BROKER, name, None)]), 1)
        found = [config.name for config in answer.results[0].configs if config.config_source == (2 if name else 3)]
        for config in found:
            alter = messages.IncrementalAlterConfigsRequest
            self.keeper.ask(alter([alter.AlterConfigsResource(BROKER, name, [alter.AlterableConfig(config, DELETE, None)])]), 1)

    def _take_back_quotas(self) -> None:
        if 49 not in self.apis or 48 not in self.apis:
            return
        answer = self.keeper.ask(messages.DescribeClientQuotasRequest([], strict=False), 1)
        alter = messages.AlterClientQuotasRequest
        gone = [
            alter.EntryData(
                [alter.EntityData(part.entity_type, part.entity_name) for part in entry.entity],
                [alter.OpData(value.key, 0.0, remove=True) for value in entry.values],
            )
            for entry in (answer.entries or [])
        ]
        if gone:
            self.keeper.ask(alter(gone), 1)

    def _take_back_users(self) -> None:
        if 50 not in self.apis or 51 not in self.apis:
            return
        answer = self.keeper.ask(messages.DescribeUserScramCredentialsRequest(None), 0)
        alter = messages.AlterUserScramCredentialsRequest
        for user in answer.results:
            for one in user.credential_infos:
                self.keeper.ask(alter([alter.ScramCredentialDeletion(user.user, one.mechanism)], []), 0)

    def close(self) -> None:
        """Hang up, and leave nothing behind."""
        for line in self.lines.values():
            line.close()
        self.keeper.ask(messages.DeleteTopicsRequest(topic_names=[self._barrier], timeout_ms=10_000), 1)
        self.keeper.close()


class KafkaProcess:
    """A stock Kafka of our own, on a fresh folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        kafka = ApacheKafka("kafka", "Kafka", {})
        kafka.provide(CACHE)
        with socket.socket() as kept:  # so that its controller is not given the same port
            kept.bind(("127.0.0.1", 0))
            self.port = int(kept.getsockname()[1])
            kafka.format(CACHE, folder, self.port)
        settings = folder / "server.properties"
        lines = [line for line in settings.read_text().splitlines() if not line.startswith(OUR_OWN)]
        settings.write_text("\n".join((*lines, *HASTE)))
        command = [HEAP.get(word, word) for word in kafka.command(CACHE, folder, self.port)]
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self._wait()

    def _wait(self) -> None:
        keeper = Keeper(("127.0.0.1", self.port))
        deadline = time.monotonic() + KAFKA_START_SECONDS_MAX
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"Kafka ended: {self.log.read_text(errors='replace')[-500:]}"
            try:
                answer = keeper.ask(messages.MetadataRequest([]), 4)
            except OSError:
                time.sleep(0.1)
                continue
            if answer is not None and answer.brokers and answer.controller_id == 1:
                keeper.close()
                return
        raise TimeoutError("Kafka did not start")

    def stop(self) -> None:
        """End it at once; nobody needs its data."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class StreamBusProcess:
    """A StreamBus broker on a fresh folder, again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lives = 0
        self.start_afresh()

    def start_afresh(self) -> None:
        """Another broker, which knows nothing."""
        self.lives += 1
        self._process = BrokerProcess(self.folder / str(self.lives))
        self._process.start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return self._process.address

    @property
    def is_alive(self) -> bool:
        """Whether it is still there."""
        return self._process.is_alive

    def said(self) -> str:
        """What it wrote to its log."""
        return self._process.said()

    def stop(self) -> None:
        """End it at once."""
        self._process.kill()


def address_of(text: str) -> Address:
    """`host:port` as sockets want it."""
    host, _, port = text.rpartition(":")
    return host, int(port)
