"""Where converted model files are cached: beside the packages they were made from, else in the user's cache."""

import os
import sys
from pathlib import Path


def weights_folder() -> Path:
    """A folder that can be written; one conversion serves every state folder of this environment."""
    beside = Path(sys.prefix) / "share" / "kaimen" / "weights"
    try:
        beside.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _cache()
    return beside if os.access(beside, os.W_OK) else _cache()


def pictures_folder() -> Path:
    """Where the set-up lays the demonstration's pictures."""
    return Path(sys.prefix) / "share" / "kaimen" / "pictures"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kaimen" / "weights"
