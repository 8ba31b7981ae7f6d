"""What stops a command is one line with its remedy; a defect still shows its traceback."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

import typer


@contextmanager
def told(*stops: type[Exception]) -> Generator[None]:
    """Turns CannotStart, and what else stops this command, into one line with its remedy."""
    from kaimen.state import CannotStart

    try:
        yield
    except (CannotStart, *stops) as trouble:
        stop(str(trouble))


def stop(message: str) -> NoReturn:
    typer.echo(f"kaimen: {message}", err=True)
    sys.exit(1)
