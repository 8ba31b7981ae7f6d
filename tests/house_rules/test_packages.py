"""What is installed is named once, locked with hashes, and comes from wherever pip is set up to look."""

import re
import tomllib

import pytest

from tests.house_rules.sources import ROOT, files_kept

REQUIREMENTS = ROOT / "requirements"
RUN = ("gate", "second-eye", "enrollment", "admin", "kaimen")
# Asked for in the file, locked in the file.
LOCKED_IN = {**dict.fromkeys(RUN, "run"), "test": "test", "check": "check", "carriers": "carriers"}
OWN_LOCKS = ("gate", "second-eye", "enrollment", "admin")
LOCKS = sorted({*LOCKED_IN.values(), *OWN_LOCKS})
# Put together here, so that this file holds no address either.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("python" + "hosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
    )
]


def plain(name: str) -> str:
    """A package's name as all registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(name: str) -> set[str]:
    """The packages that `requirements/NAME.in` asks for."""
    lines = (REQUIREMENTS / f"{name}.in").read_text().splitlines()
    wanted = [line.split("#")[0].strip() for line in lines]
    return {plain(re.split(r"[<>=!~\[; ]", line)[0]) for line in wanted if line}


def locked(name: str) -> dict[str, set[str]]:
    """The versions of each package in `requirements/NAME.txt`; two where Pythons differ."""
    found: dict[str, set[str]] = {}
    for package, version in re.findall(
        r"^([\w.-]+)==([^\s;\\]+)", (REQUIREMENTS / f"{name}.txt").read_text(), re.MULTILINE
    ):
        found.setdefault(plain(package), set()).add(version)
    return found


@pytest.mark.parametrize(("source", "lock"), LOCKED_IN.items())
def test_everything_asked_for_is_locked(source: str, lock: str) -> None:
    assert asked(source) <= locked(lock).keys()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_one_version_and_its_hashes(lock: str) -> None:
    text = (REQUIREMENTS / f"{lock}.txt").read_text()
    blocks = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert [
        block.splitlines()[0] for block in blocks if "==" not in block or "--hash=sha256:" not in block
    ] == []


def test_all_locks_agree_on_every_version() -> None:
    locks = [locked(name) for name in LOCKS]
    names = {name for lock in locks for name in lock}
    differing = {name for name in names if len({frozenset(lock[name]) for lock in locks if name in lock}) > 1}
    assert differing == set()


def test_the_lock_of_a_side_holds_nothing_that_the_whole_does_not() -> None:
    whole = locked("run").keys()
    assert {name: locked(name).keys() - whole for name in OWN_LOCKS} == {name: set() for name in OWN_LOCKS}


def test_the_servers_packages_bring_no_vision_and_the_gates_no_web() -> None:
    assert {"opencv-python-headless", "onnxruntime", "onnx", "dlib-bin"}.isdisjoint(locked("admin"))
    assert {"flask", "sqlalchemy", "alembic", "gunicorn"}.isdisjoint(locked("gate"))


def test_pyproject_names_no_package_itself() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = pyproject["tool"]["setuptools"]["dynamic"]["optional-dependencies"]
    files = {file for extra in extras.values() for file in extra["file"]}
    assert all((ROOT / file).is_file() for file in files)
    assert "dependencies" not in pyproject["project"]


def test_no_file_holds_the_address_of_a_package_registry() -> None:
    holders: list[str] = []
    for path in files_kept():
        content = path.read_bytes()
        holders += [str(path.relative_to(ROOT)) for registry in REGISTRIES if registry.encode() in content]
    assert holders == []
