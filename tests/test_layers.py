"""Holds the order of the modules, their size, and that each says what it is."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "kg"
OFFLINE = ("model", "curate", "graph", "release")
"""From the text to the release; left never imports right (DESIGN section 2)."""

ONLINE = ("endpoint", "pages", "static_site", "remote")
"""From the release to the answer."""

LAYERS = (*OFFLINE, *ONLINE, "cli")
SHARED = {"model"}
"""What the online half may take from the offline half."""

HEAVY = {"rdflib", "pyshacl"}
MODULES = {
    ".".join(("kg", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def layer(module: str) -> str:
    """The name of the layer of a module: the part after kg."""
    return module.split(".")[1] if "." in module else ""


def imported(tree: ast.AST) -> list[str]:
    """The modules that a piece of code imports; the kg module itself where a name of it is taken."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import of {node.module}"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.append(whole if whole in MODULES else node.module)
    return found


def own(tree: ast.AST) -> list[str]:
    """The imports of modules of the package."""
    return [name for name in imported(tree) if name.split(".")[0] == "kg"]


def functions(tree: ast.AST) -> list[ast.FunctionDef]:
    """Every function, however deep."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module):
    """A module imports none to its right, and only from the layers of the design."""
    name = layer(module)
    if name in ("", "__main__"):
        assert set(map(layer, own(TREES[module]))) <= {"", "cli"}
        return
    assert name in LAYERS, f"kg.{name} has no place among {', '.join(LAYERS)}"
    allowed = {"", *LAYERS[: LAYERS.index(name) + 1]}
    wrong = [one for one in own(TREES[module]) if layer(one) not in allowed]

    assert not wrong, f"{module} imports {', '.join(wrong)}, which stand to its right"


@pytest.mark.parametrize("module", [name for name in MODULES if layer(name) in ONLINE])
def test_the_service_does_not_build(module):
    """The online half imports no library of the offline half, and of its modules only those that both share."""
    used = imported(TREES[module])

    assert not [name for name in used if name.split(".")[0] in HEAVY]
    assert not [name for name in used if name.startswith("kg.") and layer(name) in set(OFFLINE) - SHARED]
    assert layer(module) == "remote" or "SPARQLWrapper" not in used


@pytest.mark.parametrize("module", [name for name in MODULES if layer(name) != "cli"])
def test_only_commands_import_late(module):
    """Outside kg.cli no function imports a module of the package: that would hide a circle."""
    late = [name for function in functions(TREES[module]) for name in own(function)]

    assert not late, f"{module} imports {', '.join(late)} inside a function"


def test_no_circles():
    """Inside packages imports go one way too."""
    graph = {name: {one for one in own(tree) if one in MODULES and one != "kg"} for name, tree in TREES.items()}

    assert list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("module", MODULES)
def test_size(module):
    """A module has at most 300 lines and a function 40."""
    count = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    long = [
        f"{function.name} has {function.end_lineno - function.lineno + 1} lines"
        for function in functions(TREES[module])
        if function.end_lineno - function.lineno + 1 > 40
    ]

    assert count <= 300, f"{module} has {count} lines"
    assert not long, f"{module}: {', '.join(long)}"


@pytest.mark.parametrize("module", MODULES)
def test_names(module):
    """No module is a drawer for everything."""
    assert not {"utils", "util", "helpers", "common", "misc"} & set(module.split("."))


def public(body: list[ast.stmt], start: str) -> list[tuple[str, ast.AST]]:
    """The public functions and classes of a module or class with their names."""
    found = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            found.append((f"{start}.{node.name}", node))
            if isinstance(node, ast.ClassDef):
                found += public(node.body, f"{start}.{node.name}")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_docstrings(module):
    """Every module, public class and public function says what it is, in a sentence on the first line."""
    for name, node in [(module, TREES[module]), *public(TREES[module].body, module)]:
        text = ast.get_docstring(node) or ""
        first = text.split("\n")[0]

        assert first.endswith((".", ":", "…", "::", "?")) if node is TREES[module] else first.endswith("."), (
            f"{name}: the first line of the docstring is {first!r}; end it with a full stop"
        )


def test_commands_start_quickly():
    """The program loads no library of graphs or of the service before a command needs it."""
    heavy = "rdflib pyshacl pyoxigraph flask uvicorn yaml rapidfuzz SPARQLWrapper rich hypothesis"
    code = f"import sys, kg.cli; print(*sorted(set('{heavy}'.split()) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
