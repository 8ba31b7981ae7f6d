"""Who may import whom, and that importing does nothing else."""

import ast
import json
import subprocess
import sys

from tests.house_rules.sources import PACKAGES, ROOT, dotted, functions, modules, tree_of

WIRE_MAY_IMPORT = {"contracts", "pydantic", "pydantic_core", "cryptography", *sys.stdlib_module_names}

# Run in a process of its own: imports each module and tells what it did to the world meanwhile.
WATCH = """
import importlib, json, sys
sys.dont_write_bytecode = True
done = []
name = ""
def watch(event, args):
    if event in ("socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen", "os.system"):
        done.append([name, event])
    elif event == "open" and isinstance(args[0], str):
        reads_model = args[0].endswith((".onnx", ".dat", ".sqlite3"))
        writes = isinstance(args[1], str) and set(args[1]) & set("wax+")
        if reads_model or writes:
            done.append([name, "open " + args[0]])
names = json.loads(sys.stdin.read())
sys.addaudithook(watch)
for name in names:
    importlib.import_module(name)
print(json.dumps(done))
"""


def imported(tree: ast.AST) -> set[str]:
    """The top packages that a piece of code imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_the_import_contracts_are_kept() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wire_stands_on_its_schema_library_its_seals_and_python_alone() -> None:
    strangers = {
        f"{dotted(path)}: {name}"
        for path in modules("contracts")
        for name in imported(tree_of(path)) - WIRE_MAY_IMPORT
    }
    assert strangers == set()


def test_importing_opens_no_connection_no_model_and_writes_no_file() -> None:
    # Alembic runs its environment and revisions itself; they are not imported by anyone.
    names = [dotted(path) for path in modules(*PACKAGES) if "migrations" not in path.parts]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WATCH],
        cwd=ROOT,
        input=json.dumps(names),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_no_module_reads_the_environment_when_it_is_imported() -> None:
    readers: list[str] = []
    for path in modules(*PACKAGES):
        if "migrations" in path.parts:
            continue
        later = {id(node) for function in functions(path) for node in ast.walk(function)}
        readers += [
            f"{dotted(path)}:{node.lineno}"
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Attribute)
            and node.attr in {"environ", "getenv"}
            and id(node) not in later
        ]
    assert readers == []
