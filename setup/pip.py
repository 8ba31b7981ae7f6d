"""Runs pip inside the virtual environment, and turns its failures into remedies.

Where packages come from is pip's own configuration (environment, pip.conf): nothing here adds to it.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from setup.problem import SetupProblem

NO_NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname",
    "NewConnectionError",
    "Failed to establish a new connection",
    "Network is unreachable",
    "Connection refused",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "Max retries exceeded",
)
DISK_FULL = ("No space left on device", "Errno 28")
WRONG_HASH = ("DO NOT MATCH THE HASHES",)
NO_PERMISSION = ("Permission denied", "Errno 13")
NO_WHEEL = ("No matching distribution found",)
AGAIN = "then run the same command again; it goes on where it stopped."


def remedy_of(output: str, log: Path) -> SetupProblem:
    """Return what a failed pip's `output` means for the person who ran the set-up."""

    def said(signs: tuple[str, ...]) -> bool:
        return any(sign in output for sign in signs)

    # A wrong hash and a full disk come first: after either pip may also complain about connections.
    if said(WRONG_HASH):
        return SetupProblem(
            "a package is not the one that was locked: its checksum differs.",
            f"do not use it. Look in {log} for its name, and ask your package mirror's keeper.",
        )
    if said(DISK_FULL):
        return SetupProblem(
            "the disk became full while packages were installed.", f"free some space, {AGAIN}"
        )
    if said(NO_NETWORK):
        return SetupProblem(
            "packages could not be fetched: no connection.",
            f"connect to the Internet, or set up pip for your proxy or mirror (pip config list), {AGAIN}",
        )
    if said(NO_PERMISSION):
        return SetupProblem(
            "pip was not allowed to write a file.", f"look in {log} for the file, mend its owner, {AGAIN}"
        )
    if said(NO_WHEEL):
        return SetupProblem(
            "a package was not found, or has no ready-made build for this Python and machine.",
            f"use Python 3.11 on 64-bit Linux, and check the connection; {log} names the package.",
        )
    return SetupProblem("pip failed.", f"read the end of {log}, {AGAIN}")


@dataclass(frozen=True, slots=True)
class Pip:
    """The pip of one virtual environment, writing what it says to a log file."""

    venv: Path
    log: Path

    def run(self, *arguments: str) -> None:
        """Run pip with `arguments`; raises SetupProblem with a remedy when it fails."""
        command = [str(self.venv / "bin" / "python"), "-m", "pip", *arguments]
        # A configured "user = true" would install outside the virtual environment.
        environment = os.environ | {
            "PIP_USER": "0",
            "PIP_NO_INPUT": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
        self.write_down(f"$ pip {' '.join(arguments)}\n{done.stdout}")
        if done.returncode != 0:
            raise remedy_of(done.stdout, self.log)

    def write_down(self, text: str) -> None:
        """Append `text` to the log; a disk too full for the log does not hide the real problem."""
        try:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(text)
        except OSError:
            return
