"""How many of a head's 100 best VO and QK pairs are the same with the norm's gain folded in and without, by numpy alone.

    python bench/fold-norm.py CHECKPOINT LAYER:HEAD ...     (pip install gguf numpy safetensors torch)

CHECKPOINT is a GGUF file or a folder with model.safetensors, of a Llama with tied embeddings.
Whole V x V matrices in fp64, a block of rows at a time: what bench/fold-norm.mjs prints for that head must be the same.
"""

import functools
import json
import sys
from pathlib import Path

import numpy as np

path = Path(sys.argv[1])
chosen = [[int(n) for n in place.split(":")] for place in sys.argv[2:]]

if path.is_dir():
    from safetensors import safe_open

    config = json.loads((path / "config.json").read_text())
    layers, heads, kv = (config[name] for name in ("num_hidden_layers", "num_attention_heads", "num_key_value_heads"))
    weights = safe_open(path / "model.safetensors", "pt")
    parts = {"attn_output": "self_attn.o_proj", "attn_norm": "input_layernorm"}
    parts |= {f"attn_{part}": f"self_attn.{part}_proj" for part in "qkv"}

    def read(name):
        if name == "token_embd.weight":
            name = "model.embed_tokens.weight"
        else:
            _, n, part, _ = name.split(".")
            name = f"model.layers.{n}.{parts[part]}.weight"
        return weights.get_tensor(name).double().numpy()

else:
    from gguf import GGUFReader, dequantize

    reader = GGUFReader(path)
    tensors = {t.name: t for t in reader.tensors}
    field = lambda name: int(reader.get_field(f"llama.{name}").contents())
    layers, heads, kv = field("block_count"), field("attention.head_count"), field("attention.head_count_kv")

    def read(name):
        t = tensors[name]
        return dequantize(t.data, t.tensor_type).astype(np.float64).reshape(tuple(int(n) for n in t.shape[::-1]))


E = read("token_embd.weight")


def vectors(n, part, fold):
    """Vectors [.., d] of one layer: rows of W_Q, W_K, W_V, columns of W_O."""
    w = read(f"blk.{n}.attn_{'output' if part == 'o' else part}.weight")
    if part == "o":
        return w.T
    gain = read(f"blk.{n}.attn_norm.weight").reshape(-1)
    return np.float32(w * gain).astype(np.float64) if fold else w


@functools.cache
def freq(part, fold):
    """Mean of |E x| over all vectors of all layers, plus 1e-9."""
    total, count = np.zeros(len(E)), 0
    for n in range(layers):
        x = vectors(n, part, fold)
        total += np.abs(E @ x.T).sum(1)
        count += len(x)
    return np.float32(total / count + 1e-9).astype(np.float64)


def factor(layer, head, part, fold):
    own = head if part in "qo" else head * kv // heads
    x = vectors(layer, part, fold)
    r = len(x) // (heads if part in "qo" else kv)
    return np.float32(np.float32(E / freq(part, fold)[:, None]).astype(np.float64) @ x[own * r : (own + 1) * r].T)


def best(place, first, second, fold, k=100):
    a, b = (factor(*place, part, fold).astype(np.float64) for part in (first, second))
    found = []
    for start in range(0, len(a), 1024):
        scores = (a[start : start + 1024] @ b.T).reshape(-1)
        top = np.argpartition(-scores, k)[:k]
        found += [(scores[i], start + i // len(b), i % len(b)) for i in top]
    return {(i, j) for _, i, j in sorted(found, key=lambda one: (-one[0], one[1], one[2]))[:k]}


for place in chosen:
    counts = [len(best(place, *sides, False) & best(place, *sides, True)) for sides in ("vo", "qk")]
    print("{}:{}  vo {}  qk {}".format(*place, *counts), flush=True)
