"""`python -m enrollment PHOTO`: is this photo good enough? Says why not, and never shows a template."""

import argparse
import sys
from pathlib import Path

from enrollment.enrol import Enrolled, enrol, open_studio
from enrollment.photo import decode
from enrollment.quality import Remark, numbers, remarks_on
from enrollment.refusal import Code, PhotoFault, Refused
from gate.vision.quality import Fault

WORDS: dict[Code, str] = {
    PhotoFault.EMPTY: "The file is empty. Choose another.",
    PhotoFault.TOO_LARGE: "The picture is too large. Take it with a phone's usual setting.",
    PhotoFault.NOT_A_PICTURE: "The file is not a picture. Choose a JPEG, PNG or WebP file.",
    PhotoFault.WRONG_FORMAT: "Pictures of this kind are not taken. Save it as JPEG, PNG or WebP.",
    PhotoFault.DAMAGED: "The picture is damaged or cut short. Send it again or take another.",
    Fault.NO_FACE: "No face was found. Take the picture from the front, in good light.",
    Fault.SEVERAL_FACES: "There is more than one face. Only the person to enrol should be seen.",
    Fault.TOO_SMALL: "The face is too small. Come closer.",
    Fault.CUT_OFF: "The face is cut off. Bring the whole face into the picture.",
    Fault.TOO_DARK: "The face is too dark. Turn towards the light.",
    Fault.TOO_BRIGHT: "The face is too bright. Step out of the glare.",
    Fault.UNEVEN: "Half of the face is in shadow. Turn towards the light.",
    Fault.TURNED: "The face is turned. Look straight at the camera.",
    Fault.BLURRED: "The face is blurred. Hold still.",
    Fault.EYES_COVERED: "The eyes are covered. Take off the sunglasses, and turn towards the light.",
}
REMARKS: dict[Remark, str] = {
    Remark.EYES_CLOSED: "The eyes look closed: another picture with open eyes would be better.",
    Remark.MOUTH_OPEN: "The mouth is wide open: another picture with a calm face would be better.",
}


def main(arguments: list[str] | None = None) -> int:
    """0 where the photo could be enrolled, 1 where not, 2 where it cannot be read."""
    asked = _asked(arguments)
    try:
        content = asked.photo.read_bytes()
    except OSError as trouble:
        return _say([f"{asked.photo}: {trouble.strerror}"], 2)
    early = decode(content)  # before the models are loaded
    answer = early if isinstance(early, Refused) else _enrolled(content, asked.weights)
    if isinstance(answer, Refused):
        return _say([WORDS[fault] for fault in answer.faults], 1)
    measures = [f"  {name}: {value}" for name, value in numbers(answer.quality, answer.features).items()]
    remarks = [REMARKS[remark] for remark in remarks_on(answer.features)]
    return _say(["Good enough to enrol.", *remarks, *measures], 0)


def _enrolled(content: bytes, weights: Path) -> Enrolled | Refused:
    studio = open_studio(weights)
    return enrol(content, studio.eye, studio.mesh)


def _say(lines: list[str], code: int) -> int:
    sys.stdout.write("\n".join(lines) + "\n")
    return code


class _Asked(argparse.Namespace):
    photo: Path
    weights: Path


def _asked(arguments: list[str] | None) -> _Asked:
    parser = argparse.ArgumentParser(prog="python -m enrollment", description=__doc__)
    parser.add_argument("photo", type=Path)
    parser.add_argument(
        "--weights",
        type=Path,
        default=Path.home() / ".cache" / "kaimen" / "weights",
        help="folder for converted model files (default: %(default)s)",
    )
    return parser.parse_args(arguments, namespace=_Asked())


if __name__ == "__main__":
    raise SystemExit(main())
