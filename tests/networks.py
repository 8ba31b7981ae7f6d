"""Small ONNX networks for tests: they take a chip and answer with what they were told."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper


def constant_network(path: Path, answer: Sequence[float], side: int = 80) -> Path:
    """A network that answers every chip of that side with the same numbers."""
    numbers = np.array([answer], dtype=np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "answer"], ["logits"]),
    ]
    return _written(path, nodes, {"zero": np.zeros(1, dtype=np.float32), "answer": numbers}, side)


def mean_network(path: Path, side: int = 80) -> Path:
    """A network that answers with the mean of each colour plane, in the order it is given them."""
    nodes = [helper.make_node("ReduceMean", ["input"], ["logits"], axes=[2, 3], keepdims=0)]
    return _written(path, nodes, {}, side)


def _written(
    path: Path,
    nodes: Sequence[NodeProto],
    numbers: dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"],
    side: int,
) -> Path:
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in numbers.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    path.write_bytes(model.SerializeToString())
    return path
