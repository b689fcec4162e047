"""A mutant, and the patch that plants it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import getattr_static, getsource
from textwrap import dedent
from types import CodeType, FunctionType
from typing import Any

import attrs

MISSING = object()

CLUSTER = "cluster"
STORE = "store"
WORLDS = (CLUSTER, STORE)


class Patch:
    """Replaces attributes of classes and modules, and puts them back."""

    def __init__(self) -> None:
        self.replaced: list[tuple[Any, str, Any]] = []

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Let `owner.name` be `value`. It must exist: a patch of nothing plants nothing."""
        assert hasattr(owner, name), f"{owner} has no {name}"
        self.replaced.append((owner, name, vars(owner).get(name, MISSING)))
        setattr(owner, name, value)

    def wrap(self, owner: Any, name: str, around: Callable[..., Any]) -> None:
        """Let `around(original, *arguments)` be called in place of `owner.name`."""
        original = getattr(owner, name)

        def wrapped(*arguments: Any, **named: Any) -> Any:
            return around(original, *arguments, **named)

        self.replace(owner, name, wrapped)

    def rewrite(self, owner: Any, name: str, old: str, new: str) -> None:
        """Let the source of the function `owner.name` say `new` where it says `old`, once. Whoever has imported it sees the change."""
        function = getattr_static(owner, name)
        function = function.fget if isinstance(function, property) else getattr(function, "__func__", function)
        assert isinstance(function, FunctionType), f"{owner}.{name} is no function"
        source = dedent(getsource(function))
        assert source.count(old) == 1, f"{owner}.{name} says {source.count(old)} times: {old}"
        code = _code_of(compile(source.replace(old, new), f"<{name}, rewritten>", "exec"), function.__name__)
        assert code is not None, f"there is no {name} in its own source"
        assert code.co_freevars == function.__code__.co_freevars, f"{owner}.{name} is made of its surroundings"
        self.replaced.append((function, "__code__", function.__code__))
        function.__code__ = code

    def undo(self) -> None:
        """Everything as it was."""
        for owner, name, value in reversed(self.replaced):
            if value is MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, value)
        self.replaced.clear()


def _code_of(outer: CodeType, name: str) -> CodeType | None:
    """The code of the function called `name` that is defined in `outer`."""
    for inner in outer.co_consts:
        if isinstance(inner, CodeType):
            found = inner if inner.co_name == name else _code_of(inner, name)
            if found is not None:
                return found
    return None


@attrs.frozen
class Mutant:
    """A planted bug. `code` is a stable id; `about` says what is broken, `breaks` which promise, `needs` what must happen for it to matter.

    `world` says where it is hunted: in a simulated `cluster`, or in the hands of one `store`, where a run costs a hundredth.
    `excuse` says why it cannot be found, if it cannot; the score counts it as a survivor all the same.
    """

    name: str
    code: str
    about: str
    breaks: str
    needs: str
    plant: Callable[[Patch], None]
    excuse: str = ""
    world: str = CLUSTER

    @contextmanager
    def planted(self) -> Iterator[None]:
        """For as long as this lasts the bug is there."""
        patch = Patch()
        try:
            self.plant(patch)
            yield
        finally:
            patch.undo()


def mutant(code: str, *, breaks: str, needs: str, excuse: str = "", world: str = CLUSTER) -> Callable[[Callable[[Patch], None]], Mutant]:
    """Make a mutant of a function that plants a bug. Its docstring's first line says what is broken."""

    def make(plant: Callable[[Patch], None]) -> Mutant:
        about = (plant.__doc__ or "").strip().split("\n", 1)[0].rstrip(".")
        assert about, f"{plant.__name__} does not say what is broken"
        assert world in WORLDS, f"{plant.__name__} is of no world that there is: {world}"
        return Mutant(plant.__name__, code, about, breaks, needs, plant, excuse, world)

    return make
