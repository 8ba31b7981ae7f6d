"""The translated texts: compiled for the web by the set-up, kept complete by `make words`.

`python -m setup.catalogues`: extract and update both catalogues, then fail on gaps
"""

import hashlib
import subprocess
import sys
from pathlib import Path

from setup.problem import SetupProblem

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("admin/web/translations")
SOURCE_LANGUAGE = "en"  # The texts in the code are English; their catalogue may repeat nothing.


def catalogues(root: Path) -> list[Path]:
    """Return the catalogues that people edit, in a fixed order; none while there is no folder."""
    return sorted((root / FOLDER).glob("*/LC_MESSAGES/*.po"))


def digest(root: Path) -> str:
    """Return a checksum of all catalogues and of which of them are compiled."""
    seal = hashlib.sha256()
    for path in catalogues(root):
        seal.update(path.read_bytes())
        seal.update(str((path.relative_to(root), path.with_suffix(".mo").exists())).encode())
    return seal.hexdigest()


def compile_all(root: Path, python: Path) -> None:
    """Compile every catalogue with the Babel of `python`'s environment."""
    for path in catalogues(root):
        target = path.with_suffix(".mo")
        # Babel takes a catalogue without a header for fuzzy and would skip it; fuzzy texts are found by `gaps`.
        language = path.parent.parent.name
        babel(python, "compile", "-i", str(path), "-o", str(target), "-l", language, "--use-fuzzy")


def babel(python: Path, *arguments: str) -> None:
    """Run pybabel; raises SetupProblem with what it said when it fails."""
    command = [str(python), "-m", "babel.messages.frontend", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode != 0:
        raise SetupProblem(
            f"pybabel {' '.join(arguments[:3])} failed: {done.stderr.strip().splitlines()[-1]}",
            "mend that file, then run again.",
        )


def update(root: Path, python: Path) -> None:
    """Collect the texts of code and templates, and bring both catalogues up to them."""
    template = root / FOLDER / "messages.pot"
    keep_still = ("--omit-header", "--sort-by-file", "--no-wrap")
    babel(python, "extract", "-F", "pyproject.toml", "-k", "_l", *keep_still, "-o", str(template), "admin")
    for path in catalogues(root):
        language = path.parent.parent.name
        babel(
            python,
            "update",
            "--no-fuzzy-matching",
            "--no-wrap",
            "--omit-header",
            *("-i", str(template), "-o", str(path), "-l", language),
        )
    template.unlink()  # made anew each time


def gaps(path: Path) -> list[str]:
    """Return the texts of one catalogue that are fuzzy, or that have no translation though they need one."""
    from babel.messages.pofile import read_po

    own = path.parent.parent.name.split("_")[0] == SOURCE_LANGUAGE
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parent.parent.name)  # it knows how many plural forms there are
    texts = [message for message in catalogue if message.id]
    empty = [message for message in texts if not own and not all(strings(message.string))]
    fuzzy = [message for message in texts if message.fuzzy]
    return [str(message.id) for message in (*empty, *fuzzy)]


def strings(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the forms of a translation: one, or one for each plural."""
    if text is None:
        return ("",)
    return (text,) if isinstance(text, str) else tuple(text)


def main() -> int:
    """Update both catalogues and print every gap; returns 1 when there is one."""
    try:
        update(ROOT, Path(sys.executable))
    except SetupProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    missing = [f"{path.relative_to(ROOT)}: {text}" for path in catalogues(ROOT) for text in gaps(path)]
    print("\n".join(missing) or f"{len(catalogues(ROOT))} catalogues are complete.")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
