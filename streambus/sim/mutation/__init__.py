"""Mutation: bugs planted on purpose, to learn what the simulator can see.

Theory of operation
===================

A **Mutant** is a named patch of behaviour: a function that is given a `Patch` and replaces a method, a function or a constant for as long
as the patch lasts. The catalogue is a folder of Python files outside of the package (`tests/mutants/`), so that nothing in production can
reach one. It grows with the system: every part adds its own.

1. `read_catalogue` reads the folder.
2. `hunt` plants one mutant and plays seeds of a scenario until something goes wrong; several hunts with other seeds give a median.
   Mutants of the storage engine are hunted with games of one store (`sim/stores`) instead, of which there are a hundred in a second.
3. The failing tape is shrunk while the bug is planted: the faults that are left are those that revealed it.
4. `Score` is the table: found or not, seeds and CPU seconds to find it, which check saw it first, which fault it needs.

The checks know nothing of the mutants. A mutant that survives says that the simulator is blind somewhere: either it is given eyes, or
the catalogue says why the bug cannot be seen.
"""

from streambus.sim.mutation.catalogue import NoCatalogue, read_catalogue
from streambus.sim.mutation.hunt import Capture, guided_hunt, hunt
from streambus.sim.mutation.mutant import Mutant, Patch, mutant
from streambus.sim.mutation.score import Finding, Score

__all__ = ["Capture", "Finding", "Mutant", "NoCatalogue", "Patch", "Score", "guided_hunt", "hunt", "mutant", "read_catalogue"]
