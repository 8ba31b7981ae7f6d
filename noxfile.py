"""Each side alone: the proof that the server needs no vision, and a gate no web and no database."""

from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
nox.options.reuse_existing_virtualenvs = True

VISION = ("cv2", "dlib", "onnxruntime", "face_recognition")
WEB = ("flask", "sqlalchemy", "alembic", "gunicorn")


def absent(session: nox.Session, modules: tuple[str, ...]) -> None:
    """Fail the session when one of `modules` can be imported after all."""
    asks = f"import importlib.util as u; assert not [m for m in {modules!r} if u.find_spec(m)]"
    session.run("python", "-c", asks)


def side(session: nox.Session, name: str, without: tuple[str, ...]) -> None:
    """Install one side from its lock and run its tests and those of the wire."""
    session.run("python", "-m", "setup.prepare", "--for", name, "--venv", session.virtualenv.location)
    absent(session, without)
    folders = [folder for folder in (f"tests/{name}", "tests/contracts") if (ROOT / folder).is_dir()]
    session.run(
        "python",
        "-m",
        "pytest",
        "-q",
        "-m",
        "not real",
        *folders,
        *session.posargs,
        env={"PYTHONPATH": str(ROOT)},
    )


@nox.session
def admin(session: nox.Session) -> None:
    """The server's tests without OpenCV, dlib and ONNX Runtime."""
    side(session, "admin", VISION)


@nox.session
def gate(session: nox.Session) -> None:
    """The gate's tests without Flask and SQLAlchemy."""
    side(session, "gate", WEB)
