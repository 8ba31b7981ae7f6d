"""The code of the gates page, read with the gate's own camera from the screen of a phone."""

import time
from typing import Final

from contracts.join import read_code
from contracts.wire import WireError
from gate.vision.camera import open_camera
from gate.vision.captures import CameraOptions
from gate.vision.codes import read_codes
from gate.vision.errors import VisionError
from kaimen.state import CannotStart

PATIENCE_S: Final = 120.0
FRAME_S: Final = 0.5


def scanned_code(camera: str, patience_s: float = PATIENCE_S) -> str:
    """The first join code that is held up; other codes are passed over. Raises CannotStart where none comes."""
    try:
        eye = open_camera(camera, CameraOptions(cleartext_allowed=True))  # its address was typed just now
    except VisionError as wrong:
        raise CannotStart(str(wrong)) from None
    until = time.monotonic() + patience_s
    try:
        while time.monotonic() < until and not eye.ended:
            frame = eye.read(FRAME_S)
            for text in read_codes(frame) if frame is not None else ():
                if _is_join_code(text):
                    return text
    finally:
        eye.close()
    raise CannotStart(
        "No join code was seen by the camera. Hold the phone's screen nearer, or type the code."
    )


def _is_join_code(text: str) -> bool:
    try:
        read_code(text)
    except WireError:
        return False
    return True
