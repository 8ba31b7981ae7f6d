"""Small TensorFlow Lite networks rewritten once for ONNX Runtime, so that the gate has one runtime.

Read are only what the face mesh and the lid network are made of: convolutions, PReLU, sums, padding and pooling in
float32, without fused activations. The file is a flat buffer: tables whose fields are found through a list of
offsets before them (flatbuffers.dev, "Internals"); field numbers are those of TensorFlow Lite's schema, version 3.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 13, 8
SAME: Final = 0
"""Of the schema's two paddings; the other leaves the edges out."""


def lite_as_onnx(source: bytes) -> bytes:
    """The network of a file whose checksum was verified.

    In: `chip`, 1 x 3 x size x size, red-green-blue, 0 to 255. Out: `numbers`, 1 x n, all outputs behind one another.
    Raises ValueError at a layer of another kind.
    """
    return _Writer(_Lite.of(source)).model()


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the flat buffer; absent fields have their default."""

    source: bytes
    at: int

    def number(self, which: int, form: str = "<i", default: int = 0) -> int:
        place = self._place(which)
        return int(struct.unpack_from(form, self.source, place)[0]) if place else default

    def table(self, which: int) -> "_Table":
        place = self._place(which)
        if not place:
            raise ValueError("A layer without its options")
        return _Table(self.source, self._followed(place))

    def tables(self, which: int) -> list["_Table"]:
        first, count = self._vector(which)
        return [_Table(self.source, self._followed(first + 4 * row)) for row in range(count)]

    def numbers(self, which: int) -> list[int]:
        first, count = self._vector(which)
        return list(struct.unpack_from(f"<{count}i", self.source, first))

    def content(self, which: int) -> bytes:
        first, count = self._vector(which)
        return self.source[first : first + count]

    def _place(self, which: int) -> int:
        """Where a field lies, 0 where it is absent."""
        fields = self.at - struct.unpack_from("<i", self.source, self.at)[0]
        size, entry = struct.unpack_from("<H", self.source, fields)[0], 4 + 2 * which
        offset = struct.unpack_from("<H", self.source, fields + entry)[0] if entry < size else 0
        return self.at + offset if offset else 0

    def _vector(self, which: int) -> tuple[int, int]:
        place = self._place(which)
        if not place:
            return 0, 0
        start = self._followed(place)
        return start + 4, int(struct.unpack_from("<I", self.source, start)[0])

    def _followed(self, place: int) -> int:
        return place + int(struct.unpack_from("<I", self.source, place)[0])


@dataclass(frozen=True, slots=True)
class _Layer:
    """One operator: its kind by the schema's number, the tensors it takes and the one it makes."""

    kind: int
    takes: list[int]
    makes: int
    table: _Table

    def option(self, which: int, form: str = "<i") -> int:
        return self.table.table(4).number(which, form)


@dataclass(frozen=True, slots=True)
class _Lite:
    """A file of one graph with one input."""

    tensors: list[_Table]
    buffers: list[_Table]
    layers: list[_Layer]
    inputs: list[int]
    outputs: list[int]

    @classmethod
    def of(cls, source: bytes) -> "_Lite":
        root = _Table(source, int(struct.unpack_from("<I", source)[0]))
        # Old files have a kind as one byte, newer ones as four.
        kinds = [max(code.number(0, "<b"), code.number(3)) for code in root.tables(1)]
        (graph,) = root.tables(2)
        layers = [
            _Layer(kinds[each.number(0, "<I")], each.numbers(1), each.numbers(2)[0], each)
            for each in graph.tables(3)
        ]
        return cls(graph.tables(0), root.tables(4), layers, graph.numbers(1), graph.numbers(2))

    def shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(self.tensors[tensor].numbers(0))

    def constant(self, tensor: int, form: str = "<f4") -> NDArray[np.generic]:
        content = self.buffers[self.tensors[tensor].number(2, "<I")].content(0)
        return np.frombuffer(content, dtype=form).reshape(self.shape(tensor))


@dataclass(slots=True)
class _Writer:
    """Layer by layer; rows x columns x channels become channels x rows x columns."""

    lite: _Lite
    _nodes: list[onnx.NodeProto] = field(default_factory=list[onnx.NodeProto])
    _constants: list[onnx.TensorProto] = field(default_factory=list[onnx.TensorProto])
    _names: dict[int, str] = field(default_factory=dict[int, str])

    def model(self) -> bytes:
        (picture,) = self.lite.inputs
        self._names[picture] = self._node("Mul", ["chip", self._constant(np.float32(1 / 255))], "scaled")
        kinds = self._kinds()
        for layer in self.lite.layers:
            if layer.kind not in kinds:
                raise ValueError(f"A layer of kind {layer.kind}")
            kinds[layer.kind](layer)
        flat = [self._node("Flatten", [self._names[out]], f"flat{out}") for out in self.lite.outputs]
        self._node("Concat", flat, "numbers", axis=1)
        count = sum(prod(self.lite.shape(out)) for out in self.lite.outputs)
        _, rows, columns, channels = self.lite.shape(picture)
        chip = helper.make_tensor_value_info("chip", TensorProto.FLOAT, [1, channels, rows, columns])
        numbers = helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [1, count])
        graph = helper.make_graph(self._nodes, "lite", [chip], [numbers], self._constants)
        made = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="kaimen",
        )
        return made.SerializeToString()

    def _kinds(self) -> dict[int, Callable[[_Layer], None]]:
        """By the numbers of the schema's BuiltinOperator."""
        return {
            0: self._sum,
            3: self._convolution,
            4: self._depthwise,
            17: self._pool,
            22: self._reshape,
            34: self._pad,
            54: self._prelu,
        }

    def _sum(self, layer: _Layer) -> None:
        self._made(layer, "Add", [self._names[tensor] for tensor in layer.takes])

    def _convolution(self, layer: _Layer) -> None:
        _plain(layer, 3)
        weights = self.lite.constant(layer.takes[1]).transpose(0, 3, 1, 2)
        self._convolve(layer, weights, groups=1)

    def _depthwise(self, layer: _Layer) -> None:
        _plain(layer, 4)
        weights = self.lite.constant(layer.takes[1]).transpose(3, 0, 1, 2)
        self._convolve(layer, weights, groups=weights.shape[0])

    def _convolve(self, layer: _Layer, weights: NDArray[np.generic], groups: int) -> None:
        bias = self.lite.constant(layer.takes[2])
        takes = [self._names[layer.takes[0]], self._constant(weights), self._constant(bias)]
        self._made(layer, "Conv", takes, group=groups, **_window(layer))

    def _pool(self, layer: _Layer) -> None:
        _plain(layer, 5)
        size = [layer.option(4), layer.option(3)]
        self._made(layer, "MaxPool", [self._names[layer.takes[0]]], kernel_shape=size, **_window(layer))

    def _reshape(self, layer: _Layer) -> None:
        """Only of what is one pixel: anything else would come out in another order."""
        if prod(self.lite.shape(layer.takes[0])[1:3]) != 1:
            raise ValueError("A picture is reshaped")
        self._names[layer.makes] = self._names[layer.takes[0]]

    def _pad(self, layer: _Layer) -> None:
        before_and_after = self.lite.constant(layer.takes[1], "<i4")[[0, 3, 1, 2]]
        pads = self._constant(before_and_after.T.ravel().astype(np.int64))
        self._made(layer, "Pad", [self._names[layer.takes[0]], pads])

    def _prelu(self, layer: _Layer) -> None:
        slope = self.lite.constant(layer.takes[1]).reshape(-1, 1, 1)
        self._made(layer, "PRelu", [self._names[layer.takes[0]], self._constant(slope)])

    def _made(self, layer: _Layer, kind: str, takes: list[str], **attributes: int | str | list[int]) -> None:
        self._names[layer.makes] = self._node(kind, takes, f"t{layer.makes}", **attributes)

    def _node(self, kind: str, takes: list[str], name: str, **attributes: int | str | list[int]) -> str:
        node = helper.make_node(kind, takes, [name])
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self._nodes.append(node)
        return name

    def _constant(self, values: NDArray[np.generic] | np.generic) -> str:
        name = f"w{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


def _plain(layer: _Layer, activation: int) -> None:
    if layer.option(activation, "<b"):
        raise ValueError("A layer with a fused activation")


def _window(layer: _Layer) -> dict[str, str | list[int]]:
    """Padding and strides: fields 0 to 2 of every layer that slides a window."""
    same = layer.option(0, "<b") == SAME
    return {
        "auto_pad": "SAME_UPPER" if same else "VALID",
        "strides": [layer.option(2), layer.option(1)],
    }
