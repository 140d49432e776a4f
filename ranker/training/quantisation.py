"""Quantisation: a fine-tuned BERT model written as ONNX with weights of 8 bits.

The graph is built operator by operator from the weights, not traced: so each product has the precision chosen for it. Texts of
one forward pass have the same number of tokens (`ranker.vectors.onnx` sees to that); there is no padding and no mask in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.errors import InputError
from ranker.vectors.encoder import Vectors
from ranker.vectors.onnx import FORMAT_VERSION, OnnxManifest

# How a product is computed. float32: as trained. weights: stored in 8 bits, computed in float32. rows: whole numbers, one scale for
# each token. blocks: the same, one scale for each 32 numbers of a token. tensor: whole numbers, one scale for a whole batch, so that
# a vector depends on what stands beside its text.
Product = Literal["float32", "weights", "rows", "tensor", "blocks"]
_BLOCK = 32  # numbers in a row that share a scale under "blocks"
_LEVELS = 127  # of 8 bits, to either side of 0
# Products of "rows" have activations of 8 bits and weights of 7: the sum of two products must fit into 16 bits where a processor has
# no VNNI (255 x 63 x 2 < 32768), or it is cut off there and the vectors differ between machines.
_ROW_WEIGHT_LEVELS = 63
_ROW_LEVELS = 127
_ROW_ZERO = 128
_LOWEST_GELU = -0.17  # no output of the GELU is lower
_OPSET = 21
_IR_VERSION = 10
_MICROSOFT = "com.microsoft"
_COMPUTE_INT8 = 4  # MatMulNBits: activations are quantised as well, block by block


@dataclass(frozen=True, slots=True)
class QuantisationSettings:
    """How each kind of product of a layer is computed."""

    attention_in: Product = "rows"
    attention_out: Product = "rows"
    feed_forward_in: Product = "rows"
    feed_forward_out: Product = "rows"
    embeddings_8_bit: bool = True


class _Config(msgspec.Struct, frozen=True):
    """What the graph needs of a model's config.json."""

    model_type: str
    hidden_act: str
    hidden_size: int
    num_attention_heads: int
    num_hidden_layers: int
    layer_norm_eps: float


class _Graph:
    """Nodes and constants in the making; every method returns the name of what it adds."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """A constant tensor."""
        from onnx import numpy_helper

        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def add(self, operator: str, inputs: list[str], *, outputs: int = 1, domain: str = "", **attributes: Any) -> Any:
        """A node; the name of its output, or a list of them."""
        from onnx import helper

        names = [f"{operator.lower()}_{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names


def export_onnx(model: Path, target: Path, settings: QuantisationSettings, *, name: str, base: str) -> OnnxManifest:
    """Write a sentence-transformers model as ONNX into `target`: `model.onnx`, `tokenizer.json`, then `manifest.json`.

    Parameters
    ----------
    model : folder of a BERT model with mean pooling.
    name, base : what the manifest calls the model, and what it was trained from.

    Raises
    ------
    InputError : if it is no such model, or the package onnx is missing.
    """
    check_onnx()
    config, weights = _read(model)
    longest = _longest(model)
    files = {"model.onnx": _graph(config, weights, settings, longest), "tokenizer.json": _tokenizer(model)}
    manifest = OnnxManifest(
        format=FORMAT_VERSION,
        name=name,
        base=base,
        dimensions=config.hidden_size,
        max_tokens=longest,
        created_by="ranker train encoder",
        sha256={file: hashlib.sha256(data).hexdigest() for file, data in files.items()},
    )
    target.mkdir(parents=True, exist_ok=True)
    for file, data in files.items():
        (target / file).write_bytes(data)
    (target / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    return manifest


def check_onnx() -> None:
    """Refuse early what could not be written in the end.

    Raises
    ------
    InputError : if the package onnx is missing.
    """
    try:
        import onnx  # noqa: F401 - whether it is there is all that is asked
    except ImportError as error:
        raise InputError(f"writing ONNX needs the package onnx ({error}); pip install 'ranker[train]'") from error


def _read(model: Path) -> tuple[_Config, Mapping[str, Vectors]]:
    from safetensors.numpy import load_file

    try:
        config = msgspec.json.decode((model / "config.json").read_bytes(), type=_Config)
        weights = load_file(model / "model.safetensors")
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"{model}: is no sentence-transformers model of the BERT family ({error})") from error
    if (config.model_type, config.hidden_act) != ("bert", "gelu"):
        raise InputError(f"{model}: is a {config.model_type} model with {config.hidden_act}; only bert with gelu can be exported")
    return config, {key.removeprefix("bert."): value.astype(np.float32) for key, value in weights.items()}


def _longest(model: Path) -> int:
    """How many tokens of a text are read: sentence-transformers keeps it in one of two files, by version."""
    for file, key in (("sentence_bert_config.json", "max_seq_length"), ("tokenizer_config.json", "model_max_length")):
        path = model / file
        found = msgspec.json.decode(path.read_bytes()).get(key) if path.is_file() else None
        if isinstance(found, int):
            return found
    raise InputError(f"{model}: does not say how many tokens it reads")


def _tokenizer(model: Path) -> bytes:
    """The tokenizer without the padding that training gave it, in one line."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return str(tokenizer.to_str()).encode()


def _graph(config: _Config, weights: Mapping[str, Vectors], settings: QuantisationSettings, longest: int) -> bytes:
    """The model as bytes: token ids (texts, tokens) int64 in, states (texts, tokens, width) float32 out."""
    from onnx import TensorProto, helper

    graph = _Graph()
    shape = graph.add("Concat", [graph.add("Shape", ["ids"]), graph.constant("width", np.array([-1]))], axis=0)
    states = _embedded(graph, weights, config, settings, longest)
    for layer in range(config.num_hidden_layers):
        states = _layer(graph, weights, config, settings, layer=layer, states=states, shape=shape)
    graph.nodes.append(helper.make_node("Reshape", [states, shape], ["states"]))
    built = helper.make_graph(
        graph.nodes,
        "encoder",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "tokens"])],
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, ["texts", "tokens", config.hidden_size])],
        list(graph.constants.values()),
    )
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
    made = helper.make_model(built, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="ranker")
    return bytes(made.SerializeToString(deterministic=True))


def _embedded(graph: _Graph, weights: Mapping[str, Vectors], config: _Config, settings: QuantisationSettings, longest: int) -> str:
    """(tokens of all texts, width): word and position rows added and normalised; every token is of the first segment."""
    words = weights["embeddings.word_embeddings.weight"]
    positions = weights["embeddings.position_embeddings.weight"][:longest] + weights["embeddings.token_type_embeddings.weight"][0]
    ids = graph.add("Reshape", ["ids", graph.constant("flat", np.array([-1]))])
    if settings.embeddings_8_bit:
        levels, scales = _levels(words, axis=1)
        rows = graph.add("Cast", [graph.add("Gather", [graph.constant("words", levels), ids])], to=1)
        rows = graph.add("Mul", [rows, graph.add("Gather", [graph.constant("word_scales", scales), ids])])
    else:
        rows = graph.add("Gather", [graph.constant("words", words), ids])
    in_texts = graph.add("Reshape", [rows, graph.add("Concat", [graph.add("Shape", ["ids"]), "width"], axis=0)])
    zero, one = graph.constant("zero", np.array([0])), graph.constant("one", np.array([1]))
    n_tokens = graph.add("Gather", [graph.add("Shape", ["ids"]), one], axis=0)
    placed = graph.add("Slice", [graph.constant("positions", positions), zero, n_tokens, zero])
    summed = graph.add("Add", [in_texts, placed])
    norm = [graph.constant(f"first_{part}", weights[f"embeddings.LayerNorm.{part}"]) for part in ("weight", "bias")]
    normed = graph.add("LayerNormalization", [summed, *norm], axis=-1, epsilon=config.layer_norm_eps)
    return str(graph.add("Reshape", [normed, graph.constant("by_token", np.array([-1, config.hidden_size]))]))


def _layer(
    graph: _Graph, weights: Mapping[str, Vectors], config: _Config, settings: QuantisationSettings, *, layer: int, states: str, shape: str
) -> str:
    """One layer: attention and feed-forward, each added to its input and normalised."""

    def of(name: str) -> Vectors:
        return weights[f"encoder.layer.{layer}.{name}"]

    def normed(addend: str, kept: str, part: str, shift: float | Vectors = 0.0) -> str:
        names = [graph.constant(f"{layer}_{part}_{kind}", of(f"{part}.LayerNorm.{kind}")) for kind in ("weight", "bias")]
        bias = graph.constant(f"{layer}_{part}_dense_bias", np.asarray(of(f"{part}.dense.bias") + shift, dtype=np.float32))
        inputs = [addend, kept, *names, bias]
        return str(graph.add("SkipLayerNormalization", inputs, domain=_MICROSOFT, epsilon=config.layer_norm_eps))

    kinds = ("query", "key", "value")
    joined = np.concatenate([of(f"attention.self.{kind}.weight") for kind in kinds]).T
    bias = graph.constant(f"{layer}_in_bias", np.concatenate([of(f"attention.self.{kind}.bias") for kind in kinds]))
    product = graph.add("Add", [_product(graph, states, joined, settings.attention_in, f"{layer}_in"), bias])
    parts = graph.add("Split", [product], outputs=3, axis=1, num_outputs=3)
    parts = [graph.add("Reshape", [part, shape]) for part in parts]
    mixed = graph.add("MultiHeadAttention", parts, domain=_MICROSOFT, num_heads=config.num_attention_heads)
    mixed = graph.add("Reshape", [mixed, "by_token"])
    attended = _product(graph, mixed, of("attention.output.dense.weight").T, settings.attention_out, f"{layer}_out")
    states = normed(attended, states, "attention.output")
    wide = _product(graph, states, of("intermediate.dense.weight").T, settings.feed_forward_in, f"{layer}_wide")
    wide = graph.add("BiasGelu", [wide, graph.constant(f"{layer}_wide_bias", of("intermediate.dense.bias"))], domain=_MICROSOFT)
    back = of("output.dense.weight").T
    if settings.feed_forward_out == "rows":
        product, shift = _shifted_row_product(graph, wide, back, f"{layer}_back")
        return normed(product, states, "output", shift)
    return normed(_product(graph, wide, back, settings.feed_forward_out, f"{layer}_back"), states, "output")


def _product(graph: _Graph, left: str, weight: Vectors, how: Product, name: str) -> str:
    """`left` (tokens, inputs) times `weight` (inputs, outputs)."""
    if how == "float32":
        return str(graph.add("MatMul", [left, graph.constant(name, weight)]))
    if how == "weights":
        levels, scales = _levels(weight, axis=0)
        inputs = [graph.constant(name, levels), graph.constant(f"{name}_scales", scales[0])]
        return str(graph.add("MatMul", [left, graph.add("DequantizeLinear", inputs, axis=1)]))
    if how == "tensor":
        levels, scales = _levels(weight, axis=0)
        inputs = [left, graph.constant(name, levels), graph.constant(f"{name}_scales", scales[0])]
        return str(graph.add("DynamicQuantizeMatMul", inputs, domain=_MICROSOFT))
    if how == "rows":
        return _row_product(graph, left, weight, name)
    return _block_product(graph, left, weight, name)


def _row_product(graph: _Graph, left: str, weight: Vectors, name: str) -> str:
    """Each row of `left` with a scale of its own, to either side of 0."""
    scale = _row_scale(graph, graph.add("Abs", [left]), _ROW_LEVELS)
    return _integer_product(graph, left, scale, weight, name, zero=_ROW_ZERO)


def _shifted_row_product(graph: _Graph, left: str, weight: Vectors, name: str) -> tuple[str, Vectors]:
    """The same for rows that are nowhere below the GELU's lowest: all 8 bits lie above that; and what the shift adds to each column."""
    lifted = graph.add("Add", [left, graph.constant("gelu_lift", np.array([-_LOWEST_GELU], np.float32))])
    scale = _row_scale(graph, lifted, _ROW_LEVELS + _ROW_ZERO)
    levels, scales = _levels(weight, axis=0, n_levels=_ROW_WEIGHT_LEVELS)
    return _integer_product(graph, lifted, scale, weight, name, zero=0), np.asarray(_LOWEST_GELU * (levels * scales).sum(axis=0))


def _row_scale(graph: _Graph, left: str, n_levels: int) -> str:
    largest = graph.add("ReduceMax", [left, graph.constant("last_axis", np.array([-1]))], keepdims=0)
    scale = graph.add("Mul", [largest, graph.constant(f"step_{n_levels}", np.array([1 / n_levels], np.float32))])
    return str(graph.add("Max", [scale, graph.constant("tiny", np.array([1e-30], np.float32))]))


def _integer_product(graph: _Graph, left: str, scale: str, weight: Vectors, name: str, *, zero: int) -> str:
    """`left` as whole numbers of `scale` around `zero`, times the weight in 7 bits with one scale a column."""
    levels, scales = _levels(weight, axis=0, n_levels=_ROW_WEIGHT_LEVELS)
    shape = graph.add("Shape", [scale])
    zeros = graph.add("Expand", [graph.constant(f"zero_{zero}", np.array([zero], np.uint8)), shape])
    whole = graph.add("QuantizeLinear", [left, scale, zeros], axis=0)
    inputs = [
        whole,
        graph.constant(name, levels),
        graph.constant("unit_scale", np.array(1, np.float32)),
        graph.constant(f"{name}_scales", scales[0]),
        graph.constant(f"zero_{zero}_scalar", np.array(zero, np.uint8)),
    ]
    summed = graph.add("MatMulIntegerToFloat", inputs, domain=_MICROSOFT)
    return str(graph.add("Mul", [summed, graph.add("Unsqueeze", [scale, graph.constant("one_axis", np.array([1]))])]))


def _block_product(graph: _Graph, left: str, weight: Vectors, name: str) -> str:
    """Weight and `left` with one scale for each 32 numbers in a row."""
    inputs, outputs = weight.shape
    blocks = weight.T.reshape(outputs, inputs // _BLOCK, _BLOCK)
    levels, scales = _levels(blocks, axis=2)
    stored = (levels.astype(np.int16) + _LEVELS + 1).astype(np.uint8)  # the operator's zero is 128
    names = [graph.constant(name, stored), graph.constant(f"{name}_scales", scales[..., 0].reshape(outputs, -1))]
    return str(
        graph.add(
            "MatMulNBits", [left, *names], domain=_MICROSOFT, K=inputs, N=outputs, bits=8, block_size=_BLOCK, accuracy_level=_COMPUTE_INT8
        )
    )


def _levels(values: Vectors, *, axis: int, n_levels: int = _LEVELS) -> tuple[NDArray[np.int8], Vectors]:
    """Whole numbers from -n_levels to n_levels and their scale, one for each line along `axis`; level x scale is nearly the value."""
    scales = np.abs(values).max(axis=axis, keepdims=True) / n_levels
    scales = np.where(scales > 0, scales, 1).astype(np.float32)
    return np.round(values / scales).astype(np.int8), scales
