"""`python -m streambus.cli` is `streambus`."""

import sys

from streambus.cli import main

sys.exit(main())
