"""Apache Kafka from Maven Central: one node that is broker and controller, with the flags of its own start script.

Kafka's default acknowledges from memory; `flush.messages=1` on the topic makes it sync every append before it answers.
"""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import attrs

from ..processes import SubjectFailed, free_port
from .subject import Absent

VERSION = "4.3.1"

_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>benchmarks</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""

_JVM_FLAGS = ("-Xmx1G", "-Xms1G", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35")


@attrs.frozen
class ApacheKafka:
    """Stock Kafka in KRaft mode; everything not needed for a single node is left at its default."""

    name: str
    title: str
    topic_configs: Mapping[str, str]

    def provide(self, cache: Path) -> str:
        """Fetch the jars once, where Java and Maven are present."""
        for tool in ("java", "mvn"):
            if shutil.which(tool) is None:
                raise Absent(f"there is no `{tool}` (needs Java 17 and Maven)")
        library = _library(cache)
        if not (library / ".complete").exists():
            _fetch(library)
        return VERSION

    def format(self, cache: Path, folder: Path, port: int) -> None:
        """Write the configuration and format the storage, as Kafka's quick start does."""
        configuration = folder / "server.properties"
        configuration.write_text(_properties(folder, port, controller_port=free_port()))
        command = ["java", "-cp", _class_path(cache), "kafka.tools.StorageTool", "format", "--standalone"]
        formatted = subprocess.run(
            [*command, "-t", "c3RyZWFtYnVzLWJlbmNobQ", "-c", str(configuration)], capture_output=True, text=True, check=False
        )
        if formatted.returncode != 0:
            raise SubjectFailed(f"storage format: {(formatted.stderr or formatted.stdout).strip()[-300:]}")

    def command(self, cache: Path, folder: Path, port: int) -> list[str]:
        """What `kafka-server-start.sh` runs."""
        return ["java", *_JVM_FLAGS, "-cp", _class_path(cache), "kafka.Kafka", str(folder / "server.properties")]


def _library(cache: Path) -> Path:
    return cache / f"kafka-{VERSION}" / "lib"


def _class_path(cache: Path) -> str:
    return f"{_library(cache)}/*"


def _fetch(library: Path) -> None:
    library.mkdir(parents=True, exist_ok=True)
    pom = library.parent / "pom.xml"
    pom.write_text(_POM)
    print(f"  fetching Kafka {VERSION} from Maven Central (once) ...", flush=True)
    command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={library}"]
    fetched = subprocess.run(command, capture_output=True, text=True, check=False)
    if fetched.returncode != 0:
        raise Absent(f"Maven could not fetch it: {(fetched.stdout + fetched.stderr).strip()[-300:]}")
    (library / ".complete").touch()


def _properties(folder: Path, port: int, controller_port: int) -> str:
    listeners = f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}"
    return "\n".join(
        (
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}",
            f"listeners={listeners}",
            f"advertised.listeners={listeners}",
            "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            f"log.dirs={folder / 'data'}",
            "offsets.topic.replication.factor=1",
            "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1",
            "share.coordinator.state.topic.replication.factor=1",
            "share.coordinator.state.topic.min.isr=1",
            "group.initial.rebalance.delay.ms=0",
            "",
        )
    )
