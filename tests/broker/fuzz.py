"""A long hunt: `python -m tests.broker.fuzz --requests 1000000 --seed 1`. Says how far it is, and at the end what it saw.

Requests are dealt in blocks, each with a broker and a seed of its own made of `--seed` and its number. `--first-block` goes on where an
earlier hunt ended; the report of a failure names the block, which `--block N` plays again alone.
"""

import argparse
import collections
import resource
import sys
import time
import traceback
from pathlib import Path
from random import Random

import attrs

sys.path.insert(0, str(Path(__file__).parent))

from broker_hunt import Block, Tally

BLOCK = 2_000
SECONDS_BETWEEN_REPORTS = 10.0


def hunt(seed: str, number: int, requests: int) -> tuple[Tally, str]:
    """Play one block; what was seen, and what went wrong, if anything did."""
    block = Block(Random(f"{seed}/{number}"))
    try:
        block.run(requests)
    except Exception:
        return block.tally, f"block {number}, behind {block.last[:200].hex()}:\n{traceback.format_exc()}"
    return block.tally, ""


def main() -> int:
    """Run; 0 if nothing was found."""
    parser = argparse.ArgumentParser(description="Requests made at random or damaged, for a broker with state.")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first-block", type=int, default=0, help=f"go on behind an earlier hunt; a block has {BLOCK} requests")
    parser.add_argument("--block", type=int, help="play one block again")
    options = parser.parse_args()
    if options.block is not None:
        tally, failure = hunt(options.seed, options.block, BLOCK)
        print(failure or f"block {options.block}: nothing wrong, {attrs.asdict(tally)}")
        return int(bool(failure))
    return report(options)


def report(options: argparse.Namespace) -> int:
    """Hunt block after block, and tell."""
    blocks = -(-options.requests // BLOCK)
    started = told = time.monotonic()
    sums: collections.Counter[str] = collections.Counter()
    failures = 0
    for done in range(1, blocks + 1):
        tally, failure = hunt(options.seed, options.first_block + done - 1, BLOCK)
        sums.update(attrs.asdict(tally))
        if failure:
            failures += 1
            print(failure, flush=True)
        now = time.monotonic()
        if now - told >= SECONDS_BETWEEN_REPORTS or done == blocks:
            told = now
            requests = sums["understood"] + sums["refused"]
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            said = ", ".join(f"{number} {name}" for name, number in sums.items())
            print(
                f"{done} of {blocks} blocks, {requests} requests in {now - started:.0f} s ({requests / (now - started):,.0f}/s): {said}; "
                f"{failures} failures; at most {memory} MiB; go on with --first-block {options.first_block + done}",
                flush=True,
            )
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
