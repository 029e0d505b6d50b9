"""Language models small enough to write by hand, as GGUF files."""

import struct
from pathlib import Path

WIDTH = 32
QWEN_WIDTH = 64
SAYS = "ja"
F32, F16 = 0, 1


def packed_text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def u32(value: int) -> bytes:
    return struct.pack("<II", 4, value)


def string(value: str) -> bytes:
    return struct.pack("<I", 8) + packed_text(value)


def array(kind: int, items: list[bytes]) -> bytes:
    return struct.pack("<IIQ", 9, kind, len(items)) + b"".join(items)


def metadata(tokens: list[str]) -> dict[str, bytes]:
    kinds = [2, 3, 3, *[6] * 256, 1]  # unknown, control, control, bytes, one ordinary token
    return {
        "general.architecture": string("llama"),
        "llama.block_count": u32(1),
        "llama.context_length": u32(512),
        "llama.embedding_length": u32(WIDTH),
        "llama.feed_forward_length": u32(WIDTH),
        "llama.attention.head_count": u32(1),
        "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", 6, 1e-5),
        "tokenizer.ggml.model": string("llama"),
        "tokenizer.ggml.tokens": array(8, [packed_text(token) for token in tokens]),
        "tokenizer.ggml.scores": array(6, [struct.pack("<f", 0.0)] * len(tokens)),
        "tokenizer.ggml.token_type": array(5, [struct.pack("<i", kind) for kind in kinds]),
        "tokenizer.ggml.bos_token_id": u32(1),
        "tokenizer.ggml.eos_token_id": u32(2),
        "tokenizer.chat_template": string("{% for m in messages %}{{ m['content'] }}{% endfor %}"),
    }


def tensors(vocabulary: int) -> dict[str, tuple[tuple[int, ...], bytes]]:
    """Every token has the same vector, blocks add nothing, and only SAYS answers to it."""
    zero, one = bytes(4), struct.pack("<f", 1.0)
    square, norm = ((WIDTH, WIDTH), zero * WIDTH**2), ((WIDTH,), one * WIDTH)
    layers = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    return {
        "token_embd.weight": ((WIDTH, vocabulary), (one + zero * (WIDTH - 1)) * vocabulary),
        "output.weight": ((WIDTH, vocabulary), zero * WIDTH * (vocabulary - 1) + one * WIDTH),
        "output_norm.weight": norm,
        "blk.0.attn_norm.weight": norm,
        "blk.0.ffn_norm.weight": norm,
    } | {f"blk.0.{layer}.weight": square for layer in layers}


def write_gguf(path: Path) -> Path:
    """Write a llama of one layer and 260 tokens, 100 kB, that always says SAYS."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), SAYS]
    layers = {name: (F32, *layer) for name, layer in tensors(len(tokens)).items()}
    return written(path, metadata(tokens), layers)


def written(
    path: Path,
    known: dict[str, bytes],
    layers: dict[str, tuple[int, tuple[int, ...], bytes]],
) -> Path:
    """Write metadata and tensors: the number of their type, their shape, their values."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(layers), len(known))
    head += b"".join(packed_text(key) + value for key, value in known.items())
    data = b""
    for name, (kind, shape, values) in layers.items():
        head += packed_text(name)
        head += struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, len(data))
        data += values + bytes(-len(values) % 32)
    path.write_bytes(head + bytes(-len(head) % 32) + data)
    return path


def byte_names() -> list[str]:
    """Name each byte by a printable character, as GPT-2's tokenizer does."""
    kept = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in kept else chr(next(others)) for byte in range(256)]


def qwen_metadata(tokens: list[str]) -> dict[str, bytes]:
    kinds = [1] * (len(tokens) - 2) + [3, 3]  # ordinary tokens, two control tokens
    epsilon, base = struct.pack("<If", 6, 1e-5), struct.pack("<If", 6, 10_000.0)
    return {
        "general.architecture": string("qwen2"),
        "general.file_type": u32(F16),
        "qwen2.block_count": u32(1),
        "qwen2.context_length": u32(512),
        "qwen2.embedding_length": u32(QWEN_WIDTH),
        "qwen2.feed_forward_length": u32(QWEN_WIDTH),
        "qwen2.attention.head_count": u32(1),
        "qwen2.attention.head_count_kv": u32(1),
        "qwen2.attention.layer_norm_rms_epsilon": epsilon,
        "qwen2.rope.freq_base": base,
        "tokenizer.ggml.model": string("gpt2"),
        "tokenizer.ggml.pre": string("qwen2"),
        "tokenizer.ggml.tokens": array(8, [packed_text(token) for token in tokens]),
        "tokenizer.ggml.token_type": array(5, [struct.pack("<i", kind) for kind in kinds]),
        "tokenizer.ggml.merges": array(8, [packed_text("j a")]),
        "tokenizer.ggml.bos_token_id": u32(len(tokens) - 2),
        "tokenizer.ggml.padding_token_id": u32(len(tokens) - 2),
        "tokenizer.ggml.eos_token_id": u32(len(tokens) - 1),
        "tokenizer.ggml.add_bos_token": struct.pack("<IB", 7, 0),
        "tokenizer.chat_template": string("{% for m in messages %}{{ m['content'] }}{% endfor %}"),
    }


def write_qwen(path: Path, says: str = SAYS) -> Path:
    """Write a Qwen 2 of one layer and 259 tokens, 130 kB, that always says one token."""
    tokens = [*byte_names(), SAYS, "<|endoftext|>", "<|im_end|>"]
    width, count, place = QWEN_WIDTH, len(tokens), tokens.index(says)
    zero, one = struct.pack("<e", 0.0), struct.pack("<e", 1.0)
    square = (F16, (width, width), zero * width**2)
    norm = (F32, (width,), struct.pack("<f", 1.0) * width)
    nothing = (F32, (width,), bytes(4 * width))
    answer = zero * width * place + one * width + zero * width * (count - place - 1)
    layers = {
        "token_embd.weight": (F16, (width, count), (one + zero * (width - 1)) * count),
        "output.weight": (F16, (width, count), answer),
        "output_norm.weight": norm,
        "blk.0.attn_norm.weight": norm,
        "blk.0.ffn_norm.weight": norm,
    }
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        layers[f"blk.0.{name}.weight"] = square
    for name in ("attn_q", "attn_k", "attn_v"):
        layers[f"blk.0.{name}.bias"] = nothing
    return written(path, qwen_metadata(tokens), layers)
