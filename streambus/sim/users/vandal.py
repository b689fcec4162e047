"""Whoever has a vandal."""

from streambus.sim.chores import Chore, Vandalise
from streambus.sim.users.user import User
from streambus.sim.vandal import Spoil


class VandalOwner(User):
    """Sends it out. It is never answered, and nobody waits for it."""

    def take_up(self, chore: Chore) -> None:
        """Go."""
        assert isinstance(chore, Vandalise)
        self.host.tell(Spoil(chore.trick, chore.luck))
