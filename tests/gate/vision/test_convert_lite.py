"""A TensorFlow Lite network gives the same numbers after it was rewritten for ONNX Runtime."""

from pathlib import Path

import numpy as np
import pytest

from gate.vision.convert_lite import lite_as_onnx
from gate.vision.session import Session
from gate.vision.weights import LIDS, MESH, Source, packaged

# What LiteRT 2.3.0 gives at every hundredth place for noise from generator 0.
REFERENCE = {
    MESH: (
        192,
        (
            108.583,
            60.062,
            -12.738,
            86.678,
            62.009,
            -12.699,
            109.393,
            66.541,
            -1.642,
            151.932,
            34.272,
            32.792,
            126.905,
            102.486,
            4.006,
        ),
    ),
    LIDS: (64, (24.073, 40.765, -2.482)),
}


@pytest.mark.parametrize("source", REFERENCE, ids=lambda source: source.file)
def test_the_numbers_are_those_of_the_runtime_it_was_made_for(source: Source, tmp_path: Path) -> None:
    size, expected = REFERENCE[source]
    network = tmp_path / "network.onnx"
    network.write_bytes(lite_as_onnx(packaged(source).read_bytes()))
    noise = np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)
    found = Session(network, blue_first=True).run(noise)
    assert found[::100] == pytest.approx(expected, abs=2e-3)


def test_a_layer_that_is_not_known_is_refused() -> None:
    source = bytearray(packaged(LIDS).read_bytes())
    kind_of_padding = source.rindex(bytes.fromhex("daffffff00000022")) + 7
    source[kind_of_padding] = 99
    with pytest.raises(ValueError, match="kind 99"):
        lite_as_onnx(bytes(source))
