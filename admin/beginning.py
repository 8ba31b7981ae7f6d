"""How the processes of the server begin: settings from one file, and words for whoever starts one in vain."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from admin.security.keys import KeyFileError
from admin.settings import WrongSettings

WRONG_SETTINGS: Final = 2


def begin(module: str, run: Callable[[Path], None], *hindered: type[Exception]) -> int:
    """Runs with the settings file that is named after `--config`, until told to end.

    Gives 2 where the settings, a file or, by `hindered`, something of this process alone cannot be used. That is said
    on stderr: nobody reads the log of a process that cannot start.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("--config", type=Path, required=True, help="its settings, see docs/operations.md")
    try:
        run(parser.parse_args().config)
    except (WrongSettings, KeyFileError, OSError, *hindered) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return WRONG_SETTINGS
    return 0
