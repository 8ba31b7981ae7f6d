"""One network in ONNX Runtime. The looseness of that library's types stops in this file."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from pathlib import Path

import numpy as np
import onnxruntime

from gate.vision.frame import Pixels, Vector


class Session:
    """A network that takes one chip and gives one row of numbers, on one thread."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # an arena keeps what one large request once took
        options.log_severity_level = 3
        # By path: handing in bytes keeps 60 MB more resident.
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._name = str(self._session.get_inputs()[0].name)

    def run(self, chip: Pixels) -> Vector:
        """The numbers of one chip; the network takes red-green-blue, 0 to 255."""
        tensor = np.ascontiguousarray(chip[:, :, ::-1].transpose(2, 0, 1)[np.newaxis], dtype=np.float32)
        return np.asarray(self._session.run(None, {self._name: tensor})[0], dtype=np.float32)[0]
