"""The families of stock clients there are, and how to get one."""

import warnings
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from tests.stock.driver import Driver
from tests.stock.family import Family, Hung, InProcess

HERE = Path(__file__).parent
TOOLS = HERE.parent.parent / ".cache" / "stock" / "tools" / "bin"
"""Where `toolchains` puts programs that the system does not have."""

NOT_INSTALLED = 3
"""How a driver's `run` ends if its `install` has to be run first."""


class Missing(Exception):
    """A family cannot run on this machine. The text says what to do."""


def _in_python(name: str, module: str, *, needs: str) -> Family:
    if find_spec(needs) is None:
        raise Missing(f"{name} is not there: run `make setup`")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a library does while it is imported is not ours
        return InProcess(name, import_module(f"tests.stock.python.{module}").CLIENT)


def _kcat(name: str) -> Family:
    if which("kcat") is None:
        raise Missing("kcat is not there: run `make toolchains`")
    return _in_python(name, "kcat", needs="confluent_kafka")


def _driven(name: str, folder: str) -> Family:
    program = HERE / folder / "run"
    if not program.exists():
        raise Missing(f"{name} has no driver yet: there is no {program.relative_to(HERE.parent.parent)}")
    driver = Driver(name, [str(program), name], TOOLS)
    try:
        driver.ask("hello")
    except Hung as hung:
        said = driver.said().strip()
        driver.close()
        if driver.exit_status == NOT_INSTALLED:
            raise Missing(f"{name} is not built: run `make toolchains` ({said})") from None
        raise Hung(f"{hung}: {said}") from None
    return driver


FAMILIES: dict[str, Callable[[], Family]] = {
    "java": partial(_driven, "java", "java"),
    "kafka-tools": partial(_driven, "kafka-tools", "java"),
    "confluent-kafka": partial(_in_python, "confluent-kafka", "confluent", needs="confluent_kafka"),
    "kafka-python": partial(_in_python, "kafka-python", "kafkapython", needs="kafka"),
    "aiokafka": partial(_in_python, "aiokafka", "aio", needs="aiokafka"),
    "kcat": partial(_kcat, "kcat"),
    "franz-go": partial(_driven, "franz-go", "go"),
    "sarama": partial(_driven, "sarama", "go"),
    "kafkajs": partial(_driven, "kafkajs", "node"),
    "confluent-javascript": partial(_driven, "confluent-javascript", "node"),
}
"""Every family by name: how to get it. Getting it raises `Missing` if it cannot run here."""
