"""Why somebody still waits, hop by hop."""

from collections.abc import Iterable

from streambus.sim.simulation import Simulation
from streambus.sim.users import User


def explain_waits(_simulation: Simulation, users: Iterable[User]) -> list[str]:
    """One sentence for every unanswered wish of `users`: who waits for whom, down to what does not happen."""
    return [phrase for user in users for phrase in user.what_waits()]
