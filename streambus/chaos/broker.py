"""A broker on a disk that fails on request, or with a clock that is wrong: `python -m streambus.chaos.broker`.

It is `streambus serve` but for what is below it: `FaultyFiles`, `ShiftedClock`. This is the only way to get there. Its segments are small,
so that a short run has many of them, and long work that failed is soon tried again.
"""

import argparse
import sys
import traceback
from functools import partial
from pathlib import Path
from time import time_ns

from streambus.broker import BrokerConfig, Listener
from streambus.chaos.shifted_clock import ShiftedClock
from streambus.kernel import SECOND, Severity, Trace
from streambus.real import CannotListen, Serving, UnusableFolder, serve
from streambus.real.faulty_files import FaultyFiles
from streambus.real.files import Files
from streambus.real.log_lines import log_to, text_line
from streambus.storage import StoreConfig

LISTENER = "PLAINTEXT"
SEGMENT_BYTES = 1024 * 1024
RETRY_DELAY = SECOND // 2


def main() -> int:
    """Serve until told to stop. Exit status: 0 after a clean end, 1 after a failure, 2 if it cannot begin."""
    parser = argparse.ArgumentParser(prog="python -m streambus.chaos.broker", description=__doc__)
    parser.add_argument("--listen", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--advertise", type=_address, required=True, metavar="HOST:PORT")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--disk-faults", type=Path, metavar="FILE", help="the control file (see streambus.real.faulty_files)")
    parser.add_argument("--clock", type=Path, metavar="FILE", help="holds by how many seconds the clock is off")
    parser.add_argument("--segment-bytes", type=int, default=SEGMENT_BYTES, metavar="N", help="of the store")
    options = parser.parse_args()
    log = log_to(sys.stderr, text_line, Severity.INFO)
    store = StoreConfig(segment_bytes=options.segment_bytes, retry_delay=RETRY_DELAY)
    config = BrokerConfig(listeners=(options.advertise,), store=store)
    open_files = Files if options.disk_faults is None else partial(FaultyFiles, control=options.disk_faults)
    wall_clock = time_ns if options.clock is None else ShiftedClock(options.clock)
    try:
        error = serve(
            config,
            options.data,
            bind=(options.listen,),
            on_ready=_say_ready,
            trace=log,
            open_files=open_files,
            wall_clock=wall_clock,
        )
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
