"""Face models rewritten once for ONNX Runtime: the same numbers, many times faster.

Each function takes the bytes of a file whose checksum was verified and returns the bytes of an ONNX model.
Needed only when the cache is empty, so this module alone imports onnx.
"""

from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]

_OPSET = 13
_IR_VERSION = 8

# (filters, blocks, whether the first block halves the picture), from input to output.
_GROUPS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
_RESNET_MEAN = (122.782, 117.001, 104.298)


def sface_as_float(source: bytes) -> bytes:
    """SFace with its block-quantised weights unpacked to float32, so that nothing is unpacked per face.

    In: `data`, 1 x 3 x 112 x 112, red-green-blue, 0 to 255. Out: `fc1`, 1 x 128, not normalised.
    """
    graph = onnx.load_model_from_string(source).graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    kept: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            constants[node.output[0]] = _unpacked(node, constants)
        elif node.op_type == "Reshape" and node.input[0] in constants:
            shape = tuple(int(size) for size in constants[node.input[1]])
            constants[node.output[0]] = constants[node.input[0]].reshape(shape)
        else:
            kept.append(node)
    used = {name for node in kept for name in node.input}
    weights = [numpy_helper.from_array(constants[name], name) for name in sorted(used & constants.keys())]
    data = [each for each in graph.input if each.name == "data"]
    return _model(helper.make_graph(kept, "sface", data, list(graph.output), weights), opset=21, ir=10)


def _unpacked(node: onnx.NodeProto, constants: dict[str, NDArray[np.generic]]) -> Floats:
    """(quantised - zero point) * scale, one scale per block along one axis."""
    attributes = {each.name: int(each.i) for each in node.attribute}
    axis, block = attributes["axis"], attributes["block_size"]
    quantised, scale, zero = (constants[name] for name in node.input)
    size = quantised.shape[axis]
    scales = np.repeat(scale, block, axis=axis).take(range(size), axis=axis).astype(np.float32)
    zeros = np.repeat(zero, block, axis=axis).take(range(size), axis=axis).astype(np.float32)
    return (quantised.astype(np.float32) - zeros) * scales


def resnet_as_onnx(source: bytes) -> bytes:
    """dlib's face ResNet, read from its `.dat`.

    In: `chip`, 1 x 3 x 150 x 150, red-green-blue, 0 to 255. Out: `descriptor`, 1 x 128, not normalised.
    """
    graph = _Graph(_Tensors(source))
    out = graph.relu(graph.convolve(_scaled(graph), 3, 32, kernel=7, stride=2))
    out = graph.node("MaxPool", [out], kernel_shape=[3, 3], strides=[2, 2])
    channels, size = 32, 35
    for filters, blocks, halves in _GROUPS:
        for block in range(blocks):
            down = halves and block == 0
            out, size = graph.residual(out, _Shape(channels, filters, size, down))
            channels = filters
    out = graph.node("GlobalAveragePool", [out])
    out = graph.node("Flatten", [out])
    matrix = graph.constant(graph.tensors.next(256, 128))
    graph.node("MatMul", [out, matrix], output="descriptor")
    return _model(graph.finished(), opset=_OPSET, ir=_IR_VERSION)


def _scaled(graph: "_Graph") -> str:
    """The picture as the network was trained on it: mean taken off, divided by 256."""
    mean = graph.constant(np.array(_RESNET_MEAN, dtype=np.float32).reshape(1, 3, 1, 1))
    share = graph.constant(np.array(1 / 256, dtype=np.float32))
    return graph.node("Mul", [graph.node("Sub", ["chip", mean]), share])


class _Tensors:
    """The float tensors of a dlib file in order: a marker, four packed sizes, little-endian float32."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._at = 0

    def next(self, *sizes: int) -> Floats:
        """The next tensor of exactly these sizes; what lies between is layer bookkeeping."""
        header = b"\x01\x02" + b"".join(_packed(size) for size in (*sizes, 1, 1, 1)[:4])
        found = self._source.find(header, self._at)
        count = int(np.prod(sizes))
        start = found + len(header)
        if found < 0 or start + 4 * count > len(self._source):
            raise ValueError("The file does not hold dlib's face ResNet")
        self._at = start + 4 * count
        return np.frombuffer(self._source, dtype="<f4", count=count, offset=start).reshape(sizes)


def _packed(value: int) -> bytes:
    """dlib's integers: a byte that counts, then that many bytes, smallest first."""
    size = (value.bit_length() + 7) // 8
    return bytes([size]) + value.to_bytes(size, "little")


@dataclass(frozen=True, slots=True)
class _Shape:
    """Of one residual block: channels in and out, pixels across on the way in, whether it halves."""

    channels: int
    filters: int
    size: int
    down: bool


@dataclass(slots=True)
class _Graph:
    """An ONNX graph that grows while the file is read."""

    tensors: _Tensors
    _nodes: list[onnx.NodeProto] = field(default_factory=list[onnx.NodeProto])
    _constants: list[onnx.TensorProto] = field(default_factory=list[onnx.TensorProto])

    def node(
        self, kind: str, inputs: list[str], output: str = "", **attributes: int | str | list[int]
    ) -> str:
        name = output or f"n{len(self._nodes)}"
        made = helper.make_node(kind, inputs, [name])
        made.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self._nodes.append(made)
        return name

    def constant(self, values: NDArray[np.generic]) -> str:
        name = f"w{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def relu(self, of: str) -> str:
        return self.node("Relu", [of])

    def convolve(self, of: str, channels: int, filters: int, kernel: int, stride: int) -> str:
        """A convolution with its per-channel scale and shift folded in; no padding when it strides."""
        size = filters * channels * kernel * kernel
        values = self.tensors.next(size + filters)
        scale, shift = self.tensors.next(2 * filters).reshape(2, filters)
        weight = values[:size].reshape(filters, channels, kernel, kernel) * scale.reshape(-1, 1, 1, 1)
        bias = values[size:] * scale + shift
        pad = 0 if stride > 1 else kernel // 2
        return self.node(
            "Conv",
            [of, self.constant(weight), self.constant(bias)],
            strides=[stride, stride],
            pads=[pad] * 4,
            kernel_shape=[kernel, kernel],
        )

    def residual(self, of: str, shape: _Shape) -> tuple[str, int]:
        """Two convolutions beside a short cut; returns the sum and its pixels across."""
        stride = 2 if shape.down else 1
        main = self.relu(self.convolve(of, shape.channels, shape.filters, kernel=3, stride=stride))
        main = self.convolve(main, shape.filters, shape.filters, kernel=3, stride=1)
        if not shape.down:
            return self.relu(self.node("Add", [main, of])), shape.size
        side = self.node("AveragePool", [of], kernel_shape=[2, 2], strides=[2, 2])
        strided, pooled = (shape.size - 3) // 2 + 1, shape.size // 2
        size = max(strided, pooled)
        main = self._grown(main, 0, size - strided)
        side = self._grown(side, shape.filters - shape.channels, size - pooled)
        return self.relu(self.node("Add", [main, side])), size

    def _grown(self, of: str, channels: int, pixels: int) -> str:
        """Zero channels behind, zero pixels right and below: how dlib adds tensors of unequal size."""
        if not channels and not pixels:
            return of
        pads = self.constant(np.array([0, 0, 0, 0, 0, channels, pixels, pixels], dtype=np.int64))
        return self.node("Pad", [of, pads], mode="constant")

    def finished(self) -> onnx.GraphProto:
        chip = helper.make_tensor_value_info("chip", TensorProto.FLOAT, [1, 3, 150, 150])
        out = helper.make_tensor_value_info("descriptor", TensorProto.FLOAT, [1, 128])
        return helper.make_graph(self._nodes, "dlib-face-resnet", [chip], [out], self._constants)


def _model(graph: onnx.GraphProto, opset: int, ir: int) -> bytes:
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir, producer_name="kaimen"
    )
    return model.SerializeToString()
