"""A broker on a disk that fails on request: `python -m streambus.chaos.broker`.

It is `streambus serve` but for one thing: below it is `FaultyFiles`. This is the only way to get there. Its segments are small, so that a
short run has many of them.
"""

import argparse
import sys
import traceback
from functools import partial
from pathlib import Path

from streambus.broker import BrokerConfig, Listener
from streambus.kernel import Severity, Trace
from streambus.real import CannotListen, Serving, UnusableFolder, serve
from streambus.real.faulty_files import FaultyFiles
from streambus.real.log_lines import log_to, text_line
from streambus.storage import StoreConfig

LISTENER = "PLAINTEXT"
SEGMENT_BYTES = 1024 * 1024


def main() -> int:
    """Serve until told to stop. Exit status: 0 after a clean end, 1 after a failure, 2 if it cannot begin."""
    parser = argparse.ArgumentParser(prog="python -m streambus.chaos.broker", description=__doc__)
    parser.add_argument("--listen", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--advertise", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--disk-faults", type=Path, required=True, metavar="FILE", help="the control file (see streambus.real.faulty_files)"
    )
    options = parser.parse_args()
    log = log_to(sys.stderr, text_line, Severity.INFO)
    config = BrokerConfig(listeners=(options.advertise,), store=StoreConfig(segment_bytes=SEGMENT_BYTES))
    open_files = partial(FaultyFiles, control=options.disk_faults)
    try:
        error = serve(config, options.data, bind=(options.listen,), on_ready=_say_ready, trace=log, open_files=open_files)
    except (CannotListen, UnusableFolder) as reason:
        print(reason, file=sys.stderr)
        return 2
    except Exception:  # the node is gone, and whoever reads the log must learn why
        log(Trace(Severity.ERROR, "the broker failed", (("traceback", traceback.format_exc()),)))
        return 1
    if error is not None:
        log(Trace(Severity.ERROR, error))
        return 1
    return 0


def _address(text: str) -> Listener:
    host, _, port = text.rpartition(":")
    return Listener(LISTENER, host, int(port))


def _say_ready(serving: Serving) -> None:
    print(f"StreamBus is ready on {serving.listening[0].address}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
