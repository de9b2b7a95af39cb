"""A check taken out: modules loaded with a changed source, to see who notices. Knows Python source and nothing of JWT.

For another table: list the `guards` and `edit`s of the modules that are attacked, and give `seen` a way to play its
scenes.
"""

import ast
import importlib.util
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

# How each scene ends, by its name
Endings = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module. says: the check that is gone. source: the module without it.

    notice: names of the scenes that must end otherwise; without them, those that end with one of the reasons.
    """

    module: str
    says: str
    source: str
    notice: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def concerns(self, expected: Endings) -> list[str]:
        """The scenes that could notice: all where nothing says which."""
        if self.notice:
            return list(self.notice)
        named = [name for name, ending in expected.items() if any(reason in ending for reason in self.reasons)]
        return named or list(expected)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a mutant changes: by the name of the scene, how it ends now."""

    mutant: Mutant
    endings: Endings

    @property
    def let_in(self) -> list[str]:
        return [name for name, ending in self.endings.items() if ending == "let in"]


def source_of(module: str) -> str:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text("utf-8")


def guards(module: str, raises: Collection[str] = (), returns: Collection[str] = ()) -> list[Mutant]:
    """Each `if` that guards a refusal, never true any more. raises: names of the exceptions that refuse; returns: the
    returned expressions that do."""
    source = source_of(module).encode()
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If) and (refusal := _refusal(node.body[-1], raises, returns)) is not None:
            start, end = _place(source, node.test)
            without = source[:start] + b"False" + source[end:]
            texts = (part.value for part in ast.walk(refusal) if isinstance(part, ast.Constant))
            said = tuple(text for text in texts if isinstance(text, str) and text != "")
            found.append(Mutant(module, f"if {ast.unparse(node.test)}", without.decode(), reasons=said))
    assert found, f"{module} has no such check any more"
    return found


def edit(module: str, old: str, new: str, *notice: str) -> Mutant:
    """A check that is loosened or tightened: a piece of the source that stands there once, what takes its place, and
    the scenes that must notice."""
    source = source_of(module)
    assert source.count(old) == 1, f"{module} has {source.count(old)} times: {old}"
    return Mutant(module, f"{old} -> {new or 'nothing'}", source.replace(old, new), notice)


def seen(mutant: Mutant, fresh: Collection[str], play: Callable[[], Endings], expected: Endings) -> Seen:
    """What of the expected endings changes. fresh: the packages and modules that must be loaded anew, so that they use
    the mutant."""
    with _in_place(mutant, fresh):
        played = play()
    return Seen(mutant, {name: ending for name, ending in played.items() if ending != expected[name]})


def _refusal(last: ast.stmt, raises: Collection[str], returns: Collection[str]) -> ast.expr | None:
    """What is raised or returned, where that refuses."""
    if isinstance(last, ast.Raise) and last.exc is not None:
        raised = last.exc.func if isinstance(last.exc, ast.Call) else last.exc
        return last.exc if ast.unparse(raised) in raises else None
    if isinstance(last, ast.Return) and last.value is not None:
        return last.value if ast.unparse(last.value) in returns else None
    return None


def _place(source: bytes, node: ast.expr) -> tuple[int, int]:
    lines = source.splitlines(keepends=True)
    begins = [sum(map(len, lines[:number])) for number in range(len(lines))]
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return begins[node.lineno - 1] + node.col_offset, begins[node.end_lineno - 1] + node.end_col_offset


class _Changed(MetaPathFinder, InspectLoader):
    """Loads one module from a text."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname == self._mutant.module else None

    def get_source(self, fullname: str) -> str:
        return self._mutant.source


@contextmanager
def _in_place(mutant: Mutant, fresh: Collection[str]) -> Iterator[None]:
    kept = _taken_out(fresh)
    finder = _Changed(mutant)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        _taken_out(fresh)
        for name, module in kept.items():
            sys.modules[name] = module
            package, _, leaf = name.rpartition(".")
            setattr(sys.modules[package], leaf, module)


def _taken_out(fresh: Collection[str]) -> dict[str, ModuleType]:
    names = [name for name in sys.modules if any(name == each or name.startswith(f"{each}.") for each in fresh)]
    return {name: sys.modules.pop(name) for name in sorted(names)}
