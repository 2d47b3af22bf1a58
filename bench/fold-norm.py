"""How many of a head's 100 best VO and QK pairs are the same with the norm's gain folded in and without, by numpy alone.

    python bench/fold-norm.py CHECKPOINT.gguf LAYER HEAD     (pip install gguf numpy; a Llama with tied embeddings)

Whole V x V matrices in fp64, a block of rows at a time: what bench/fold-norm.mjs prints for that head must be the same.
"""

import sys

import numpy as np
from gguf import GGUFReader, dequantize

reader = GGUFReader(sys.argv[1])
layer, head = int(sys.argv[2]), int(sys.argv[3])
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


def freq(part, fold):
    """Mean of |E x| over all vectors of all layers, plus 1e-9."""
    total, count = np.zeros(len(E)), 0
    for n in range(layers):
        x = vectors(n, part, fold)
        total += np.abs(E @ x.T).sum(1)
        count += len(x)
    return np.float32(total / count + 1e-9).astype(np.float64)


def factor(part, fold):
    own = head if part in "qo" else head * kv // heads
    x = vectors(layer, part, fold)
    r = len(x) // (heads if part in "qo" else kv)
    return np.float32(np.float32(E / freq(part, fold)[:, None]).astype(np.float64) @ x[own * r : (own + 1) * r].T)


def best(first, second, fold, k=100):
    a, b = factor(first, fold).astype(np.float64), factor(second, fold).astype(np.float64)
    found = []
    for start in range(0, len(a), 1024):
        scores = (a[start : start + 1024] @ b.T).reshape(-1)
        top = np.argpartition(-scores, k)[:k]
        found += [(scores[i], start + i // len(b), i % len(b)) for i in top]
    return {(i, j) for _, i, j in sorted(found, key=lambda one: (-one[0], one[1], one[2]))[:k]}


for name, sides in {"vo": "vo", "qk": "qk"}.items():
    print(name, len(best(*sides, False) & best(*sides, True)))
