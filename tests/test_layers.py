"""The order of the rooms, the size of modules and functions, and their docstrings."""

import ast
import graphlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "kg"
ROOMS = {
    "model": set(),
    "curate": {"model"},
    "graph": {"model", "curate"},
    "release": {"model", "curate", "graph"},
    "endpoint": {"model"},
    "pages": {"model", "endpoint"},
    "static_site": {"model", "endpoint", "pages"},
    "remote": {"model"},
    "cli": {"model", "curate", "graph", "release", "endpoint", "pages", "static_site", "remote"},
}
"""Each room with those that it may import."""

OFFLINE = {"curate", "graph", "release"}
ONLINE = {"endpoint", "pages", "static_site", "remote"}
HEAVY = {"rdflib", "pyshacl"}
"""Libraries of ``graph`` and ``release`` alone."""

OF_EACH_FEATURE = {"routes.py", "data.py"}
"""The modules that stand in the folders of several features."""

DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
MOST_LINES = 500
MOST_LINES_OF_A_FUNCTION = 40
MODULES = {
    ".".join(("kg", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def room(module: str) -> str:
    """The room of a module: the part after kg."""
    return module.split(".")[1] if "." in module else ""


def imported(tree: ast.AST) -> list[str]:
    """The modules that a piece of code imports; the kg module itself where a name of it is taken."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import of {node.module}"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                names.append(whole if whole in MODULES else node.module)
    return names


def first_line(node: ast.AST) -> str:
    """The first line of a docstring."""
    return (ast.get_docstring(node) or "").partition("\n")[0]


def own(tree: ast.AST) -> list[str]:
    """The imports of modules of the package."""
    return [name for name in imported(tree) if name.split(".")[0] == "kg"]


def functions(tree: ast.AST) -> list[ast.FunctionDef]:
    """Every function, however deep."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_each_module_stands_in_a_room_of_the_design():
    """The package holds the rooms, the version and the way to start the program, and nothing beside them."""
    assert {room(name) for name in MODULES} == {*ROOMS, "", "__main__"}


def test_imports_go_one_way():
    """No room imports one to its right, and the service imports nothing that builds."""
    wrong = [
        f"{module} imports {name}"
        for module, tree in TREES.items()
        if room(module) in ROOMS
        for name in own(tree)
        if room(name) not in {"", room(module), *ROOMS[room(module)]}
    ]

    assert not wrong


def test_few_arrows_lead_from_room_to_room():
    """At most 24 pairs of rooms know each other."""
    arrows = {(room(module), room(name)) for module, tree in TREES.items() for name in own(tree) if room(name)}

    assert len({(one, other) for one, other in arrows if one != other and one in ROOMS}) <= 24


def test_heavy_libraries_stay_offline():
    """Only ``graph`` and ``release`` import rdflib and pySHACL."""
    wrong = [
        f"{module} imports {name}"
        for module, tree in TREES.items()
        for name in imported(tree)
        if (name.split(".")[0] in HEAVY and room(module) not in {"graph", "release"})
    ]

    assert not wrong


def test_only_commands_import_late():
    """Outside ``kg.cli`` no function imports a module of the package: that would hide a circle."""
    late = [
        f"{module} imports {name} in {function.name}"
        for module, tree in TREES.items()
        if room(module) != "cli"
        for function in functions(tree)
        for name in own(function)
    ]

    assert not late


def test_there_are_no_circles():
    """Inside rooms imports go one way too."""
    graph = {name: {one for one in own(tree) if one in MODULES and one != "kg"} for name, tree in TREES.items()}

    assert list(graphlib.TopologicalSorter(graph).static_order())


def test_modules_and_functions_are_small():
    """A module has at most 500 lines and a function 40."""
    modules = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    lines = Counter(
        {
            f"{module}.{function.name}": function.end_lineno - function.lineno + 1
            for module, tree in TREES.items()
            for function in functions(tree)
        }
    )

    assert not {name: count for name, count in modules.items() if count > MOST_LINES}
    assert not {name: count for name, count in lines.items() if count > MOST_LINES_OF_A_FUNCTION}


def importers(module: str) -> set[str]:
    """The modules that import a module."""
    return {name for name, tree in TREES.items() if module in own(tree)}


def test_a_small_module_has_more_than_one_importer():
    """A module with one importer and fewer than 50 lines belongs into it, save what each feature's folder has."""
    small = {
        name
        for name, path in MODULES.items()
        if path.name not in {*OF_EACH_FEATURE, "__init__.py", "__main__.py"}
        and len(path.read_text(encoding="utf-8").splitlines()) < 50
    }

    assert not [name for name in small if len(importers(name)) < 2]


def test_modules_and_classes_have_names_of_their_own():
    """No two modules and no two classes have one name, save the modules that each feature's folder has."""
    excepted = {name.removesuffix(".py") for name in OF_EACH_FEATURE} | {"__main__"}
    modules = Counter(name.rpartition(".")[2] for name in MODULES)
    classes = Counter(node.name for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef))

    assert not [name for name, count in modules.items() if count > 1 and name not in excepted]
    assert not [name for name, count in classes.items() if count > 1]


def test_first_lines_of_docstrings_are_short():
    """The first line of every docstring has at most twelve words, save the help of the program."""
    long = [
        f"{module}: {first}"
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, DOCUMENTED) and len((first := first_line(node)).split()) > 12
        if (module, getattr(node, "name", "")) != ("kg.cli.program", "program")
    ]

    assert not long


def test_no_module_is_a_drawer_for_everything():
    """No module is named after nothing in particular."""
    assert not [name for name in MODULES if {"utils", "util", "helpers", "common", "misc"} & set(name.split("."))]


def public(body: list[ast.stmt], start: str) -> list[tuple[str, ast.AST]]:
    """The public functions and classes of a module or class with their names."""
    found = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            found.append((f"{start}.{node.name}", node))
            if isinstance(node, ast.ClassDef):
                found += public(node.body, f"{start}.{node.name}")
    return found


def test_docstrings_begin_with_a_sentence():
    """Every module, public class and public function says what it is, in a sentence on the first line."""
    wrong = []
    for module, tree in TREES.items():
        for name, node in [(module, tree), *public(tree.body, module)]:
            first = (ast.get_docstring(node) or "").split("\n")[0]
            if not first.endswith((".", ":", "…", "::", "?") if node is tree else "."):
                wrong.append(f"{name}: {first!r}")

    assert not wrong


def test_commands_start_quickly():
    """The program loads no library of graphs or of the service before a command needs it."""
    heavy = "rdflib pyshacl pyoxigraph flask uvicorn yaml rapidfuzz rich hypothesis"
    code = f"import sys, kg.cli; print(*sorted(set('{heavy}'.split()) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


def test_only_the_service_needs_linux():
    """Every module but those that run the service can be imported where there is no Unix, and without uvloop."""
    absent = ["resource", "fcntl", "pwd", "grp", "termios", "uvloop"]
    linux = ("kg.endpoint.worker_pool.", "kg.endpoint.serving.", "kg.endpoint.__main__", "kg.pages.pages_service")
    names = [name for name in MODULES if not name.startswith(linux) and not name.endswith("__main__")]
    code = f"""
import importlib, sys
for name in {absent}:
    sys.modules[name] = None  # what is imported raises ImportError
for name in {names}:
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
