"""What stops a command is one line with its remedy; a defect still shows its traceback."""

import sys
from typing import NoReturn

import typer


class told:  # noqa: N801 - reads as a sentence at its use
    """Turns what stops a start into one line with its remedy."""

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, trouble: BaseException | None, _trace: object
    ) -> None:
        from kaimen.state import CannotStart

        if isinstance(trouble, CannotStart):
            stop(str(trouble))


def stop(message: str) -> NoReturn:
    typer.echo(f"kaimen: {message}", err=True)
    sys.exit(1)
