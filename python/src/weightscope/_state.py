"""Tensors in memory as a checkpoint's folder: safetensors, config.json, tokenizer.json.

The format: eight bytes of the header's length, the header in JSON, then the bytes of the tensors
(https://github.com/huggingface/safetensors#format).
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union

from ._errors import WeightscopeError

# A network of torch has its tensors in `state_dict()`.
State = Union[Mapping[str, Any], Any]
Config = Union[Mapping[str, Any], str, "os.PathLike[str]", Any]
Tokenizer = Union[str, "os.PathLike[str]", Any]

# Names of torch and numpy (ml_dtypes brings bfloat16 to it), as safetensors has them.
TYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint8": "U8",
    "bool": "BOOL",
}


def written(state: State, config: Config, tokenizer: Tokenizer | None) -> str:
    """A new folder with the checkpoint; whoever opens it removes it."""
    folder = Path(tempfile.mkdtemp(prefix="weightscope-state-"))
    try:
        (folder / "config.json").write_text(config_text(config), "utf8")
        if tokenizer is not None:
            write_tokenizer(folder, tokenizer)
        write_tensors(folder / "model.safetensors", state.state_dict() if hasattr(state, "state_dict") else state)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return str(folder)


def config_text(config: Config) -> str:
    if isinstance(config, Mapping):
        return json.dumps(config)
    if hasattr(config, "to_json_string"):  # transformers' own, with what it leaves out as a default
        return str(config.to_json_string(use_diff=False))
    if isinstance(config, (str, os.PathLike)):
        path = Path(config)
        return (path / "config.json" if path.is_dir() else path).read_text("utf8")
    raise invalid("config", "a mapping, a path or a transformers config", config)


def write_tokenizer(folder: Path, tokenizer: Tokenizer) -> None:
    if isinstance(tokenizer, (str, os.PathLike)):
        path = Path(tokenizer)
        files = [file for file in path.iterdir() if "token" in file.name or file.name in ("vocab.json", "merges.txt")]
        for file in files if path.is_dir() else [path]:
            shutil.copy(file, folder / file.name)
    elif hasattr(tokenizer, "save_pretrained"):
        tokenizer.save_pretrained(str(folder))
    elif hasattr(tokenizer, "to_str"):  # of the package tokenizers
        (folder / "tokenizer.json").write_text(tokenizer.to_str(), "utf8")
    else:
        raise invalid("tokenizer", "a tokenizer of transformers or tokenizers, or a path", tokenizer)


def write_tensors(path: Path, state: State) -> None:
    """One tensor at a time is copied at most."""
    header: dict[str, Any] = {}
    at = 0
    for name, tensor in state.items():
        dtype = str(getattr(tensor, "dtype", "")).rpartition(".")[2]
        if dtype not in TYPES:
            raise invalid(f"state[{name!r}]", f"a torch or numpy tensor of {', '.join(TYPES)}", dtype or tensor)
        size = int(tensor.nbytes)
        header[name] = {"dtype": TYPES[dtype], "shape": list(tensor.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in state.values():
            file.write(bytes_of(tensor))


def bytes_of(tensor: Any) -> memoryview:
    """The numbers in row-major order, little endian."""
    if hasattr(tensor, "detach"):  # torch: as bytes, for types that numpy has not
        import torch

        flat = tensor.detach().cpu().contiguous().reshape(-1)
        return memoryview(flat.view(torch.uint8).numpy()) if flat.numel() else memoryview(b"")
    import numpy as np

    array = np.ascontiguousarray(tensor)
    if array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and sys.byteorder == "big"):
        array = array.byteswap()
    return array.reshape(-1).view(np.uint8).data


def invalid(what: str, expected: str, got: Any) -> WeightscopeError:
    found = got if isinstance(got, str) else type(got).__name__
    return WeightscopeError("ARGUMENT_INVALID", f"Expected `{what}` to be {expected}, got {found[:100]}.")
