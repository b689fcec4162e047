"""Everything that this machine can do to one broker, one thing after the other, and all of it mixed at the end.

    python jepsen-style/all_nemeses.py                    a minute in all
    python jepsen-style/all_nemeses.py --for 1800         half an hour: two minutes for each nemesis
    python jepsen-style/all_nemeses.py --for 1800 --seed 7 --out reports/chaos-long

The same as `streambus chaos run` without a choice of nemeses; takes the same options. Exit status: 0 every promise was kept, 1 it was not.
"""

import sys

from streambus.cli import main

if __name__ == "__main__":
    sys.exit(main(["chaos", "run", *sys.argv[1:]]))
