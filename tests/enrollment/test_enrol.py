"""Real photos to templates: one face, good enough, or words that say what to do."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from enrollment.enrol import Enrolled, enrol
from enrollment.quality import numbers
from enrollment.refusal import Refused
from enrollment.twins import look_alikes, near_for
from gate.vision.eye import Eye
from gate.vision.frame import Frame
from gate.vision.quality import Fault

Opened = Callable[[str], Image.Image]
Saved = Callable[..., bytes]
FileOf = Callable[[str], bytes]


def enrolled(content: bytes, eye: Eye) -> Enrolled:
    answer = enrol(content, eye)
    assert isinstance(answer, Enrolled), answer
    return answer


def faults(content: bytes, eye: Eye) -> tuple[str, ...]:
    answer = enrol(content, eye)
    assert isinstance(answer, Refused), answer
    return answer.faults


@pytest.mark.parametrize("name", ["obama.jpg", "obama3.jpg", "biden.jpg", "astronaut.png"])
def test_a_good_photo_gives_a_template_of_the_gates_model(eye: Eye, file_of: FileOf, name: str) -> None:
    answer = enrolled(file_of(name), eye)
    (row,) = answer.rows
    vector = np.frombuffer(row, dtype="<f4")
    assert answer.model == eye.model
    assert vector.shape == (256,)
    assert abs(float(np.linalg.norm(vector)) - 1) < 1e-3
    assert numbers(answer.quality)["inter_eye_px"] >= 40


@pytest.mark.promise(9)
def test_an_enrolment_prints_no_numbers(eye: Eye, file_of: FileOf) -> None:
    assert "rows" not in repr(enrolled(file_of("obama.jpg"), eye))


def test_a_photo_on_its_side_gives_the_same_person(
    eye: Eye, file_of: FileOf, opened: Opened, saved: Saved
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    side = saved(opened("obama.jpg").transpose(Image.Transpose.ROTATE_90), exif=exif, quality=95)
    upright = enrolled(file_of("obama.jpg"), eye)
    assert look_alikes(enrolled(side, eye).rows, {"same": upright.rows}, near=0.2) == ["same"]


def test_a_picture_without_a_face(eye: Eye, saved: Saved) -> None:
    assert faults(saved(Image.effect_noise((640, 480), 60).convert("RGB")), eye) == (Fault.NO_FACE,)


def test_two_faces_side_by_side(eye: Eye, opened: Opened, saved: Saved) -> None:
    both = Image.new("RGB", (1900, 1140), (120, 120, 120))
    both.paste(opened("obama.jpg").convert("RGB"), (0, 0))
    both.paste(opened("biden.jpg").convert("RGB").crop((0, 0, 970, 1140)), (915, 0))
    assert faults(saved(both), eye) == (Fault.SEVERAL_FACES,)


def test_a_smaller_second_face_is_not_overlooked(eye: Eye, opened: Opened, saved: Saved) -> None:
    both = opened("obama.jpg").convert("RGB")
    both.paste(opened("biden.jpg").convert("RGB").crop((0, 0, 970, 1140)).resize((320, 376)), (0, 0))
    assert faults(saved(both), eye) == (Fault.SEVERAL_FACES,)


def test_a_tiny_face_far_behind_is_overlooked(eye: Eye, opened: Opened, saved: Saved) -> None:
    photo = opened("biden.jpg").convert("RGB").crop((0, 0, 970, 1200))
    photo.paste(opened("obama.jpg").convert("RGB").resize((128, 160)), (0, 0))
    assert len(enrolled(saved(photo, quality=95), eye).rows) == 1


def test_a_face_too_small(eye: Eye, opened: Opened, saved: Saved) -> None:
    small = opened("obama.jpg").convert("RGB").resize((182, 227))
    assert Fault.TOO_SMALL in faults(saved(small, quality=95), eye)


def test_a_face_too_dark(eye: Eye, opened: Opened, saved: Saved) -> None:
    dark = ImageEnhance.Brightness(opened("obama.jpg").convert("RGB")).enhance(0.2)
    assert faults(saved(dark, quality=95), eye)[0] is Fault.TOO_DARK


def test_a_face_too_bright(eye: Eye, opened: Opened, saved: Saved) -> None:
    bright = ImageEnhance.Brightness(opened("obama.jpg").convert("RGB")).enhance(1.9)
    assert faults(saved(bright, quality=95), eye)[0] is Fault.TOO_BRIGHT


def test_a_blurred_face(eye: Eye, opened: Opened, saved: Saved) -> None:
    blurred = opened("obama.jpg").convert("RGB").filter(ImageFilter.GaussianBlur(14))
    assert Fault.BLURRED in faults(saved(blurred), eye)


def test_a_turned_face(eye: Eye, file_of: FileOf) -> None:
    assert faults(file_of("obama2.jpg"), eye) == (Fault.TURNED,)


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_a_face_cut_by_an_edge(eye: Eye, opened: Opened, saved: Saved, side: str) -> None:
    upright = opened("obama.jpg").convert("RGB")
    (face,) = eye.find(Frame(np.asarray(upright)[:, :, ::-1].copy(), datetime.now(UTC), 0.0, 0))
    box, part = face.box, face.box.width // 4
    edges = {
        "left": (box.left + part, 0, *upright.size),
        "top": (0, box.top + part, *upright.size),
        "right": (0, 0, box.right - part, upright.height),
        "bottom": (0, 0, upright.width, box.bottom - part),
    }
    assert Fault.CUT_OFF in faults(saved(upright.crop(edges[side]), quality=95), eye)


def test_one_man_twice_is_a_look_alike_and_other_people_are_not(eye: Eye, file_of: FileOf) -> None:
    known = {name: enrolled(file_of(name), eye).rows for name in ("obama3.jpg", "biden.jpg", "astronaut.png")}
    near = near_for(known, eye.model)
    assert look_alikes(enrolled(file_of("obama.jpg"), eye).rows, known, near) == ["obama3.jpg"]
