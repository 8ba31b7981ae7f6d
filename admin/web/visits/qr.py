"""A pass as a QR code: SVG that scales to whatever holds it, black on white in every colour scheme."""

import segno
from markupsafe import Markup


def qr_svg(token: str, look: str = "visits-qr") -> Markup:
    """Inline SVG without a size, quiet zone included; `look` is its class of style.

    Error correction M: a scratched or dim screen still reads.
    """
    code = segno.make_qr(token, error="m", boost_error=False)
    drawn = code.svg_inline(omitsize=True, border=4, dark="#000", light="#fff", svgclass=look, lineclass=None)
    return Markup(drawn)  # noqa: S704 - segno's own drawing; the token is modules by now
