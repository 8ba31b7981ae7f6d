"""QR codes held up to the camera."""

import zxingcpp

from gate.vision.frame import Frame

LONGEST = 600
"""Characters: a pass takes about 130 (DESIGN.md §8); longer texts are none and are not carried further."""


def read_codes(frame: Frame) -> list[str]:
    """The texts of all QR codes in the frame, each once; what they mean is for others to verify."""
    found = zxingcpp.read_barcodes(
        frame.pixels[:, :, 1],
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        try_rotate=True,
        try_downscale=True,
        try_invert=False,
    )
    texts = [code.text for code in found if code.valid and code.text and len(code.text) <= LONGEST]
    return list(dict.fromkeys(texts))
