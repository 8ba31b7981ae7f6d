"""One network in ONNX Runtime. The looseness of that library's types stops in this file."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false

from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

from gate.vision.errors import NotANetwork
from gate.vision.frame import Pixels, Vector

# The library's errors have no root of their own.
REFUSALS: Final = (
    state.Fail,
    state.InvalidArgument,
    state.InvalidGraph,
    state.InvalidProtobuf,
    state.NotImplemented,
    state.RuntimeException,
)


class Session:
    """A network that takes one chip and gives one row of numbers, on one thread.

    Networks take red-green-blue, 0 to 255; with `blue_first` the chip's own order.
    """

    def __init__(self, path: Path, *, blue_first: bool = False) -> None:
        """Raises NotANetwork naming the file."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # an arena keeps what one large request once took
        options.log_severity_level = 3
        # By path: handing in bytes keeps 60 MB more resident.
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except REFUSALS:
            raise NotANetwork(path.name) from None
        self._file = path.name
        self._name = str(self._session.get_inputs()[0].name)
        self._step = 1 if blue_first else -1

    def run(self, chip: Pixels) -> Vector:
        """The numbers of one chip, blue-green-red, 0 to 255. Raises NotANetwork where it takes no such chip."""
        planes = chip[:, :, :: self._step].transpose(2, 0, 1)[np.newaxis]
        tensor = np.ascontiguousarray(planes, dtype=np.float32)
        try:
            return np.asarray(self._session.run(None, {self._name: tensor})[0], dtype=np.float32)[0]
        except REFUSALS:
            raise NotANetwork(self._file) from None
