"""Which register a state folder's server works on, for commands beside it."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Engine, make_url

from admin.db.session import AWAY, make_engine
from admin.settings import WebSettings, WrongSettings
from kaimen.state import CannotStart, StateFolder


def register_address(folder: StateFolder) -> str:
    """As the pages' settings name it, which an operator may change; before those are written, a file in the folder.

    Raises CannotStart where the settings cannot be used: another register is never taken for it.
    """
    config = folder.config("web")
    if not config.exists():
        return f"sqlite:///{folder.database}"
    try:
        return WebSettings.read(config).database
    except WrongSettings as wrong:
        raise CannotStart(str(wrong)) from None


@contextmanager
def register_in(folder: StateFolder) -> Generator[Engine]:
    """Raises CannotStart where there is none, or it is away."""
    url = make_url(register_address(folder))
    if url.get_backend_name() == "sqlite" and not folder.root.joinpath(url.database or "").is_file():
        raise CannotStart(
            f"There is no register in {folder.root}. Name the folder of `kaimen up`: --state DIR"
        )
    engine = make_engine(url.render_as_string(hide_password=False))
    try:
        engine.connect().close()
        yield engine
    except AWAY:
        raise CannotStart(
            f"The register of {folder.root} does not answer. Is its database running?"
        ) from None
    finally:
        engine.dispose()
