"""Settings: what the configuration file may say, and what is said about what it may not."""

from pathlib import Path

import attrs
import pytest

from streambus.cli.misuse import Misuse
from streambus.cli.settings import Address, read_settings
from streambus.kernel import MILLISECOND
from streambus.storage import StoreConfig

PROJECT = Path(__file__).parents[2]


def read(folder: Path, text: str) -> dict[str, object]:
    file = folder / "x.toml"
    file.write_text(text)
    return read_settings(file)


def test_every_key_is_read(tmp_path: Path) -> None:
    assert read(
        tmp_path,
        """
        listen = "[::1]:0"
        advertise = "broker.example.org:9092"
        data = "/var/lib/streambus"
        node_id = 7
        log_format = "json"
        log_level = "warning"
        [broker]
        num.partitions = 3
        "auto.create.topics.enable" = false
        compression.type = "zstd"
        """,
    ) == {
        "listen": Address("::1", 0),
        "advertise": Address("broker.example.org", 9092),
        "data": Path("/var/lib/streambus"),
        "node_id": 7,
        "log_format": "json",
        "log_level": "warning",
        "broker": (("num.partitions", "3"), ("auto.create.topics.enable", "false"), ("compression.type", "zstd")),
    }


def test_the_limits_of_the_store_are_read_and_the_others_stay_as_they_are(tmp_path: Path) -> None:
    (store,) = read(tmp_path, "[store]\nsegment_bytes = 65536\ndelete_delay_ms = 50\n[store.picker]\nfan_in = 4").values()
    usual = StoreConfig()
    assert store == attrs.evolve(usual, segment_bytes=65_536, delete_delay=50 * MILLISECOND, picker=attrs.evolve(usual.picker, fan_in=4))
    assert read(tmp_path, "[store]") == {"store": usual}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("lisen = 'x:1'", "unknown key 'lisen' (did you mean 'listen'?)"),
        ("zzz = 1", "unknown key 'zzz' (known: listen, advertise, data, node_id, log_format, log_level, broker, store)"),
        ("listen = 9092", "listen must be text, not a number"),
        ("listen = ['127.0.0.1:1']", "listen must be text, not a list"),
        ("advertise = 'a b:1'", "'a b:1' is not an address: expected HOST:PORT, for example 127.0.0.1:9092"),
        ("data = true", "data must be text, not true or false"),
        ("data = 2026-01-01", "data must be text, not a date or a time"),
        ("node_id = '1'", "node_id must be a whole number, not text"),
        ("node_id = true", "node_id must be a whole number, not true or false"),
        ("node_id = -1", "node_id must be between 0 and 2147483647, not -1"),
        ("log_format = 'xml'", "log_format must be one of text, json, not 'xml'"),
        ("store = 3", "store must be a table of limits"),
        ("[store]\nsegment_byte = 3", "unknown key 'segment_byte' in [store] (did you mean 'segment_bytes'?)"),
        ("[store]\nsegment_bytes = 3", "segment_bytes must be a whole number between 4096 and 2147483648, not 3"),
        ("[store]\ncache_bytes = 1.5", "cache_bytes must be a whole number between 0 and 4611686018427387904, not 1.5"),
        ("[store.picker]\nfan_in = true", "fan_in must be a whole number between 2 and 4611686018427387904, not True"),
        ("[store.picker]\nzzz = 1", "unknown key 'zzz' in [store.picker] (known: fan_in, run_bytes_min,"),
        ("broker = 3", "broker must be a table of Kafka's broker settings, not a number"),
        ("[broker]\nnum.partition = 3", "unknown broker setting 'num.partition' (did you mean 'num.partitions'?)"),
        ("[broker]\nxyzzy = 3", "unknown broker setting 'xyzzy'"),
        ("[broker]\nnode.id = 3", "node.id is called 'node_id' here, at the top of the file"),
        ("[broker]\nnum.partitions = [3]", "num.partitions must be text, a number or true or false, not a list"),
        ("[broker]\nnum.partitions = 'many'", "num.partitions"),
        ("[broker]\nnum.partitions = 0", "num.partitions"),
        ("listen = ", "is not TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(Misuse) as caught:
        read(tmp_path, text)
    assert complaint in str(caught.value)
    assert str(tmp_path / "x.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["localhost:9092", "127.0.0.1:0", "[::1]:9092", ":9092"])
def test_addresses_are_written_as_they_are_read(text: str) -> None:
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize("text", ["", "localhost", "localhost:", "9092", "::1:9092", "localhost:-1", "localhost:65536", "localhost:９"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Misuse, match="is not an address"):
        Address.parse(text)


def test_every_key_is_documented() -> None:
    text = (PROJECT / "docs" / "configuration.md").read_text()
    for key in ("listen", "advertise", "data", "node_id", "log_format", "log_level", "[broker]"):
        assert f"`{key}`" in text
