"""`python -m gate --config gate.toml`: one gate, until SIGTERM or SIGINT. Exit codes: docs/gate.md."""

import argparse
import logging
import os
import resource
import sys
from pathlib import Path
from typing import Final

import structlog

EXIT_ERROR: Final = 1
EXIT_SETTINGS: Final = 2
EXIT_RECORD: Final = 3
EXIT_MODELS: Final = 4
EXIT_SCREEN: Final = 5


def main(words: list[str] | None = None) -> int:
    """Runs the gate; returns its exit code."""
    parser = argparse.ArgumentParser(prog="gate", description="One gate: a camera, a door, a screen.")
    parser.add_argument("--config", type=Path, required=True, help="the settings, see docs/gate.md")
    given = parser.parse_args(words)
    _keep_to_itself()
    _log_in_codes()
    return _run(given.config)


def _run(config: Path) -> int:
    from contracts.ending import Ending
    from gate.app import build
    from gate.mqtt.cleartext import CleartextRefused
    from gate.mqtt.trust import CertificateUnusable
    from gate.settings import SettingsError, read_settings
    from gate.store.journal import JournalError
    from gate.store.tpm import TpmUnusable
    from gate.vision.errors import CameraRefused, VisionError

    stop = Ending.by_signals()
    try:
        gate = build(read_settings(config))
    except (SettingsError, CleartextRefused, CertificateUnusable, CameraRefused, TpmUnusable) as wrong:
        return _give_up(str(wrong), EXIT_SETTINGS)
    except JournalError as wrong:
        return _give_up(f"Without a record no door opens, so the gate does not start. {wrong}", EXIT_RECORD)
    except VisionError as wrong:
        return _give_up(str(wrong), EXIT_MODELS)
    except OSError as wrong:
        return _give_up(f"The gate's screen or folder cannot be used: {wrong}", EXIT_SCREEN)
    gate.run(stop)
    return 0


def _give_up(why: str, code: int) -> int:
    sys.stderr.write(f"{why}\n")
    return code


def _keep_to_itself() -> None:
    """Files only for the gate's own user, no core dump with templates in it, one thread for numpy."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded


def _log_in_codes() -> None:
    """One JSON line an event. Plain tracebacks: a pretty one would print local variables, PINs among them."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


if __name__ == "__main__":
    sys.exit(main())
