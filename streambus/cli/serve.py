"""`streambus serve`: a broker, as a process."""

import argparse
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streambus import __version__
from streambus.broker import BrokerConfig, Listener
from streambus.cli.misuse import Misuse
from streambus.cli.settings import WILDCARDS, Address, Settings, read_settings
from streambus.kernel import Severity, Trace
from streambus.real import CannotListen, Serving, UnusableFolder, serve
from streambus.real.log_lines import json_line, log_to, text_line

LISTENER = "PLAINTEXT"
"""Kafka's name for a listener without encryption and authentication."""

DESCRIPTION = """\
Run a broker. It needs no configuration: records are durable before they are acknowledged, topics are made when they are first used.
Ctrl-C (SIGINT) and SIGTERM stop it cleanly; nothing that was acknowledged is lost when it is killed."""

EPILOG = """\
examples:
  streambus serve
  streambus serve --data /var/lib/streambus --listen 0.0.0.0:9092 --advertise broker-1.example.org:9092
  streambus serve --listen 127.0.0.1:0              any free port; the first line on the screen says which
  streambus serve --config broker.toml --log-format json

broker.toml, where flags win over the file (docs/configuration.md has all keys):
  data = "/var/lib/streambus"
  [broker]                                          Kafka's broker settings, by Kafka's names
  num.partitions = 6
"""

SCREEN = """\
StreamBus {version} is ready on {address}

  data      {data}{recovered}
  python    pip install confluent-kafka
            from confluent_kafka import Producer
            producer = Producer({{"bootstrap.servers": "{bootstrap}"}})
            producer.produce("greetings", b"hello")
            producer.flush()
  kcat      echo hello | kcat -b {bootstrap} -t greetings -P
            kcat -b {bootstrap} -t greetings -C -o beginning -e
  stop      Ctrl-C
"""


def register(subparsers: Any) -> None:
    """Add `serve` to the command line."""
    parser = subparsers.add_parser(
        "serve",
        help="run a broker",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--listen", metavar="HOST:PORT", help="where to listen (default 127.0.0.1:9092; port 0 takes a free one)")
    parser.add_argument("--advertise", metavar="HOST:PORT", help="what clients are told to connect to (default: where it listens)")
    parser.add_argument("--data", metavar="FOLDER", help="where the data is kept (default ./streambus-data)")
    parser.add_argument("--config", metavar="FILE", type=Path, help="a TOML file with settings (docs/configuration.md)")
    parser.add_argument("--log-format", choices=("text", "json"), help="how log lines on stderr look (default text)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop. Exit status: 0 after a clean end, 1 after a failure, 2 for misuse."""
    settings = combine(options)
    log = log_to(sys.stderr, json_line if settings.log_format == "json" else text_line, Severity(settings.log_level))
    config = BrokerConfig(
        node_id=settings.node_id,
        listeners=(advertised(settings),),
        properties=settings.broker,
        store=settings.store,
    )
    bind = (Listener(LISTENER, settings.listen.host, settings.listen.port),)
    try:
        error = serve(config, settings.data, bind=bind, on_ready=announce(settings, log), trace=log)
    except (CannotListen, UnusableFolder) as misuse:
        raise Misuse(str(misuse)) from misuse
    except Exception:  # the node is gone, and whoever reads the log must learn why
        log(Trace(Severity.ERROR, "the broker failed", (("traceback", traceback.format_exc()),)))
        return 1
    if error is not None:
        log(Trace(Severity.ERROR, error))
        return 1
    return 0


def combine(options: argparse.Namespace) -> Settings:
    """The defaults, then the file, then the flags."""
    settings = Settings(**(read_settings(options.config) if options.config is not None else {}))
    if options.listen is not None:
        settings.listen = Address.parse(options.listen)
    if options.advertise is not None:
        settings.advertise = Address.parse(options.advertise)
    if options.data is not None:
        settings.data = Path(options.data).expanduser()
    if options.log_format is not None:
        settings.log_format = options.log_format
    return settings


def advertised(settings: Settings) -> Listener:
    """What clients are told. Nobody can connect to 'every address of this machine': its name stands for it then."""
    address = settings.advertise or settings.listen
    host = socket.gethostname() if address.host in WILDCARDS else address.host
    return Listener(LISTENER, host, address.port)


def announce(settings: Settings, log: Callable[[Trace], None]) -> Callable[[Serving], None]:
    """Says that the broker is ready: a screen for people, or a line for machines."""

    def screen(serving: Serving) -> None:
        bootstrap = Address(serving.advertised[0].host, serving.advertised[0].port)
        recovered = f" ({serving.recovered_bytes / 1e6:.1f} MB recovered)" if serving.recovered_bytes else ""
        print(
            SCREEN.format(
                version=__version__,
                address=serving.listening[0].address,
                bootstrap=bootstrap,
                data=settings.data.resolve(),
                recovered=recovered,
            ),
            flush=True,
        )

    def line(serving: Serving) -> None:
        bootstrap = Address(serving.advertised[0].host, serving.advertised[0].port)
        fields = (
            ("address", serving.listening[0].address),
            ("advertised", str(bootstrap)),
            ("data", str(settings.data.resolve())),
            ("cluster_id", serving.cluster_id),
            ("recovered_bytes", serving.recovered_bytes),
        )
        log(Trace(Severity.INFO, "ready", fields))

    return line if settings.log_format == "json" else screen
