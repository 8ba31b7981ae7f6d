"""Where tests find real faces: pictures that come inside packages and are laid out by the set-up.

`obama.jpg`, `obama2.jpg`, `obama3.jpg` and `32bit.png` show one man; `biden.jpg` and
`astronaut.png` show one other person each.
"""

import sys
from pathlib import Path

PICTURES = Path(sys.prefix) / "share" / "kaimen" / "pictures"


def picture(name: str) -> Path:
    """Return the path of the picture `name`; FileNotFoundError says how to get it."""
    path = PICTURES / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing. Run 'make setup', which lays the pictures out.")
    return path
