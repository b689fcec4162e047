"""A long hunt: `python -m tests.wire.fuzz --frames 10000000 --jobs 2`. Says how far it is, and at the end what it saw.

Cases are dealt in blocks, and every block has a seed of its own made of `--seed` and its number. `--first-block` goes on where an earlier
hunt ended; the report of a failure names the block and the case in it, which `--block N` plays again alone.
"""

import argparse
import resource
import sys
import time
import traceback
from multiprocessing import get_context
from pathlib import Path
from random import Random

import attrs

sys.path.insert(0, str(Path(__file__).parent))

from wire_damage import Hunt, Tally

BLOCK = 20_000
SECONDS_BETWEEN_REPORTS = 5.0


@attrs.frozen
class Found:
    """What one block came to. `failure` is empty if nothing was wrong."""

    block: int
    cases: int
    tally: Tally
    failure: str
    memory: int


def hunt(work: tuple[str, int, int]) -> Found:
    """Play the block `work` names: seed, number, cases."""
    seed, block, cases = work
    chase = Hunt(Random(f"{seed}/{block}"))
    for case in range(cases):
        try:
            chase.step()
        except Exception:
            return Found(block, case, chase.tally, f"block {block}, case {case}:\n{traceback.format_exc()}", memory())
    return Found(block, cases, chase.tally, "", memory())


def memory() -> int:
    """The most that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    """Run; 0 if nothing was found."""
    parser = argparse.ArgumentParser(description="Damaged frames for every decoder of the protocol.")
    parser.add_argument("--frames", type=int, default=1_000_000, help="how many cases")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first-block", type=int, default=0, help=f"go on behind an earlier hunt; a block has {BLOCK} cases")
    parser.add_argument("--block", type=int, help="play one block again")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    if options.block is not None:
        found = hunt((options.seed, options.block, BLOCK))
        print(found.failure or f"block {found.block}: nothing wrong in {found.cases} cases")
        return int(bool(found.failure))
    return report(options)


def report(options: argparse.Namespace) -> int:
    """Hunt block after block, and tell."""
    blocks = -(-options.frames // BLOCK)
    sizes = [min(BLOCK, options.frames - number * BLOCK) for number in range(blocks)]
    work = [(options.seed, options.first_block + number, size) for number, size in enumerate(sizes)]
    print(
        f"seed {options.seed}, {options.frames} cases in {blocks} blocks from {options.first_block} on, {options.jobs} at a time",
        flush=True,
    )
    started = told = time.monotonic()
    cases = understood = refused = most = 0
    failures: list[str] = []
    with get_context("spawn").Pool(options.jobs) as pool:
        for done, found in enumerate(pool.imap(hunt, work), start=1):
            cases, most = cases + found.cases, max(most, found.memory)
            understood, refused = understood + found.tally.understood, refused + found.tally.refused
            if found.failure:
                failures.append(found.failure)
                print(found.failure, flush=True)
            now = time.monotonic()
            if now - told >= SECONDS_BETWEEN_REPORTS or done == blocks:
                told = now
                rate = cases / (now - started)
                print(f"{cases} cases, {rate:,.0f}/s, block {found.block}, {len(failures)} failures", flush=True)
    seconds = time.monotonic() - started
    print(
        f"{cases} cases in {seconds:.0f} s ({cases / seconds:,.0f}/s): {understood} understood, {refused} refused, "
        f"{len(failures)} failures; at most {most >> 20} MiB a process; go on with --first-block {options.first_block + blocks}"
    )
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
