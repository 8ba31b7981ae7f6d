"""How long a search of a large gallery takes, and what replacing it costs in memory. Templates are random numbers."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.memory import forget_peak, peak, resident
from bench.replaced import growth
from contracts.ids import PersonId
from gate.vision.gallery import Gallery
from gate.vision.impostors import threshold_in
from gate.vision.match import Answer, NoMatch, Threshold, nearest
from gate.vision.onnx_eye import MODEL

TEMPLATES_EACH: Final = 2
WIDTH: Final = 256
SEARCHES: Final = 200
TARGET_FPIR: Final = 0.001
MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds and megabytes. `naive_ms` is face_recognition's way: subtract all, in float64."""

    people: int
    templates: int
    build_ms: float
    threshold_ms: float
    search_p50_ms: float
    search_p95_ms: float
    product_p50_ms: float
    naive_ms: float
    raw_mb: float
    replace_growth: float
    """Memory at its highest while a second gallery is made beside the first, beyond what stood before it, over raw."""
    dtype: str
    found: float


def run(people: int) -> str:
    """`kaimen bench search`: one line of JSON. `roster_replace_growth` is what `replace_growth` is, of a gate that
    fetches, opens and takes a roster in place of another, in a fresh process."""
    by_roster = growth(people)
    return json.dumps({**asdict(measure(people)), "roster_replace_growth": asdict(by_roster)})


def measure(people: int) -> Figures:
    """Makes a gallery twice, as a roster does, and searches it for people who are in it."""
    gallery, build, growth_of_gallery = _replaced(people)
    began = time.perf_counter()
    rule = threshold_in(TARGET_FPIR, gallery)
    threshold = time.perf_counter() - began
    searches = [_searched(gallery, rule, number) for number in range(SEARCHES)]
    naive = gallery.matrix.astype(np.float64)
    return Figures(
        people=people,
        templates=len(gallery.matrix),
        build_ms=round(build * 1000, 1),
        threshold_ms=round(threshold * 1000, 1),
        search_p50_ms=round(float(np.median([each.ms for each in searches])), 2),
        search_p95_ms=round(float(np.quantile([each.ms for each in searches], 0.95)), 2),
        product_p50_ms=round(float(np.median([each.product_ms for each in searches])), 2),
        naive_ms=round(min(_ms(lambda: np.linalg.norm(naive - naive[0], axis=1)) for _ in range(3)), 2),
        raw_mb=round(gallery.matrix.nbytes / MEGABYTE, 1),
        replace_growth=round(growth_of_gallery, 2),
        dtype=str(gallery.matrix.dtype),
        found=round(sum(each.found for each in searches) / SEARCHES, 4),
    )


@dataclass(frozen=True, slots=True)
class _Search:
    ms: float
    product_ms: float
    found: bool


def _searched(gallery: Gallery, rule: Threshold, number: int) -> _Search:
    """One search for somebody nearly like one of the rows, and the bare product of matrix and probe beside it."""
    random = np.random.default_rng(number)
    row = int(random.integers(0, len(gallery.matrix)))
    probe = _near(gallery.matrix[row], random)
    answers: list[Answer] = []
    ms = _ms(lambda: answers.append(nearest(probe, gallery, rule)))
    product = _ms(lambda: gallery.matrix @ probe)
    return _Search(
        ms, product, not isinstance(answers[0], NoMatch) and answers[0].person == gallery.people[row]
    )


def _replaced(people: int) -> tuple[Gallery, float, float]:
    """A second gallery made beside the first; seconds; the memory it took at its highest, over the raw templates."""
    names = [PersonId(f"p{row // TEMPLATES_EACH}") for row in range(people * TEMPLATES_EACH)]
    first = Gallery.of(MODEL, names, _rows(people, 1))
    before = resident()
    forget_peak()
    rows = _rows(people, 2)
    began = time.perf_counter()
    gallery = Gallery.of(MODEL, names, rows)
    build = time.perf_counter() - began
    del first
    return gallery, build, (peak() - before) / rows.nbytes


def _rows(people: int, seed: int) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    rows = random.standard_normal((people * TEMPLATES_EACH, WIDTH), dtype=np.float32)
    rows /= np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return rows


def _near(row: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    near = row + np.float32(0.01) * random.standard_normal(len(row), dtype=np.float32)
    return np.asarray(near / np.linalg.norm(near), dtype=np.float32)


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
