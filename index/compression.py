"""Vectors as bytes: halves for passages, signed bytes with a scale a row for sentences.

Knows nothing of where the bytes are kept. A cosine moves by less than 0.001 in halves and by
less than 0.01 in signed bytes, far under the gaps that decide between sentences.
"""

from collections.abc import Sequence

import numpy as np

from index.types import Vector

_LEVELS = 127


def pack(vector: Vector) -> bytes:
    """Write a vector of shape (dimension,) in 2 bytes a number."""
    return vector.astype("<f2").tobytes()


def unpack(data: bytes) -> Vector:
    """Read what `pack` wrote, at unit length again."""
    vector = np.frombuffer(data, dtype="<f2").astype(np.float32)
    unit: Vector = vector / np.linalg.norm(vector)
    return unit


def unpack_all(data: Sequence[bytes], dimension: int) -> Vector:
    """Read several of what `pack` wrote: shape (n, dimension), at unit length again."""
    vectors = np.frombuffer(b"".join(data), dtype="<f2").reshape(-1, dimension).astype(np.float32)
    unit: Vector = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def pack_rows(vectors: Vector) -> bytes:
    """Write vectors of shape (n, dimension) in 1 byte a number; lengths are not kept."""
    peaks = np.abs(vectors).max(axis=1, keepdims=True)
    data: bytes = np.rint(vectors / peaks * _LEVELS).astype(np.int8).tobytes()
    return data


def unpack_rows(data: bytes, dimension: int) -> Vector:
    """Read what `pack_rows` wrote as unit vectors of shape (n, dimension)."""
    rows = np.frombuffer(data, dtype=np.int8).reshape(-1, dimension).astype(np.float32)
    unit: Vector = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
