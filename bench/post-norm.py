# python bench/post-norm.py FOLDER: in a BERT, how many of a value's 20 best tokens stay when the gain of the norm that
# follows the block is multiplied into it, by layer: plain products, all values. Needs numpy and safetensors.
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

K = 20
tensors = load_file(next(Path(sys.argv[1]).glob("*.safetensors")))
prefix = next(n for n in tensors if n.endswith("embeddings.word_embeddings.weight")).removesuffix(
    "embeddings.word_embeddings.weight"
)
embedding = tensors[f"{prefix}embeddings.word_embeddings.weight"].astype(np.float32)


def best(values: np.ndarray) -> np.ndarray:
    return np.argpartition(-(embedding @ values), K, axis=0)[:K]


layer = 0
while (block := f"{prefix}encoder.layer.{layer}.output") + ".dense.weight" in tensors:
    values = tensors[f"{block}.dense.weight"].astype(np.float32)
    gain = tensors[f"{block}.LayerNorm.weight"].astype(np.float32)
    plain, applied = best(values), best(values * gain[:, None])
    kept = np.mean([np.isin(plain[:, i], applied[:, i]).mean() for i in range(values.shape[1])])
    print(f"layer {layer}: {kept:.1%} of {values.shape[1]} values' first {K}")
    layer += 1
