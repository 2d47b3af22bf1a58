"""Tensors in memory, read without a file that anybody has to make."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
import weightscope as ws
from weightscope._state import bytes_of

np = pytest.importorskip("numpy")
# A gigabyte that the package itself does not need.
WITH_TORCH = "needs torch and transformers: .ci/run runs it once more in an environment that has them"

VOCAB, WIDTH, LAYERS, INNER = 50, 8, 2, 12
CONFIG = {
    "model_type": "gpt2",
    "architectures": ["GPT2LMHeadModel"],
    "n_embd": WIDTH,
    "n_head": 2,
    "n_layer": LAYERS,
    "n_inner": INNER,
    "n_positions": 16,
    "vocab_size": VOCAB,
}


def gpt2(dtype: str = "float32") -> dict[str, Any]:
    """Random numbers under GPT-2's names."""
    random = np.random.default_rng(7)
    shapes = {"wte.weight": (VOCAB, WIDTH), "wpe.weight": (16, WIDTH), "ln_f.weight": (WIDTH,), "ln_f.bias": (WIDTH,)}
    for layer in range(LAYERS):
        for name, shape in {
            "ln_1.weight": (WIDTH,),
            "ln_1.bias": (WIDTH,),
            "ln_2.weight": (WIDTH,),
            "ln_2.bias": (WIDTH,),
            "attn.c_attn.weight": (WIDTH, 3 * WIDTH),
            "attn.c_attn.bias": (3 * WIDTH,),
            "attn.c_proj.weight": (WIDTH, WIDTH),
            "attn.c_proj.bias": (WIDTH,),
            "mlp.c_fc.weight": (WIDTH, INNER),
            "mlp.c_fc.bias": (INNER,),
            "mlp.c_proj.weight": (INNER, WIDTH),
            "mlp.c_proj.bias": (WIDTH,),
        }.items():
            shapes[f"h.{layer}.{name}"] = shape
    return {name: random.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process makes meanwhile is not taken for what was left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def left() -> set[str]:
    return {name for name in os.listdir(tempfile.gettempdir()) if name.startswith("weightscope-state-")}


def test_numpy_arrays_are_read_as_they_are() -> None:
    state = gpt2()
    before = left()
    with ws.from_state_dict(state, CONFIG, name="mine") as model:
        assert model.name == "mine"
        assert len(left() - before) == 1
        numbers = model.neuron_numbers(1, 3, part="value").values
        assert numbers == state["h.1.mlp.c_proj.weight"][3].tolist()
        scores = state["wte.weight"].astype("float64") @ state["h.1.mlp.c_proj.weight"][3].astype("float64")
        best = model.neuron(1, 3, parts="value", k=5, normalize="none").parts["value"]["top"]
        assert [word["id"] for word in best] == np.argsort(-scores, kind="stable")[:5].tolist()
        assert [word["score"] for word in best] == pytest.approx(sorted(scores, reverse=True)[:5], rel=1e-6)
    assert left() - before == set()


def test_no_temporary_file_outlives_the_session() -> None:
    before = left()
    with ws.Session() as session:
        session.from_state_dict(gpt2("float16"), CONFIG)
        assert len(left() - before) == 1
    assert left() - before == set()


def test_nothing_is_left_where_it_is_not_a_model() -> None:
    before = left()
    with pytest.raises(ws.WeightscopeError) as caught:
        ws.from_state_dict({"x": np.zeros(3, "float32")}, {"model_type": "tomato"})
    assert caught.value.code == "ARCHITECTURE_UNKNOWN"
    for state, config in (({"x": [1, 2]}, CONFIG), ({"x": np.zeros(3, "complex64")}, CONFIG), (gpt2(), 5)):
        with pytest.raises(ws.WeightscopeError) as caught:
            ws.from_state_dict(state, config)
        assert caught.value.code == "ARGUMENT_INVALID"
    assert left() - before == set()


def test_layouts_and_byte_orders_do_not_matter() -> None:
    array = np.arange(6, dtype="float32").reshape(2, 3)
    wanted = array.tobytes()
    assert bytes(bytes_of(np.asfortranarray(array))) == wanted
    assert bytes(bytes_of(array.astype(">f4"))) == wanted
    assert bytes(bytes_of(np.repeat(array, 2, axis=1)[:, ::2])) == wanted


def test_torch_tensors_are_read_as_they_are() -> None:
    torch = pytest.importorskip("torch", reason=WITH_TORCH)
    state = {name: torch.from_numpy(array).to(torch.bfloat16) for name, array in gpt2().items()}
    state["h.0.mlp.c_fc.weight"] = state["h.0.mlp.c_fc.weight"].T.contiguous().T.requires_grad_()
    with ws.from_state_dict(state, CONFIG) as model:
        key = state["h.0.mlp.c_fc.weight"][:, 5].float().tolist()
        assert model.neuron_numbers(0, 5, part="key").values == key


def test_a_transformers_model_is_read_with_its_tokenizer() -> None:
    transformers = pytest.importorskip("transformers", reason=WITH_TORCH)
    tokenizers = pytest.importorskip("tokenizers", reason=WITH_TORCH)
    words = {f"w{i}": i for i in range(VOCAB)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="w0"))
    network = transformers.GPT2LMHeadModel(transformers.GPT2Config(**CONFIG))
    with ws.from_state_dict(network, network.config, tokenizer=tokenizer) as model:
        best = model.neuron(1, 3, parts="value", k=1, normalize="none").parts["value"]["top"][0]
        scores = network.lm_head.weight @ network.transformer.h[1].mlp.c_proj.weight[3]
        assert best["token"] == f"w{int(scores.argmax())}"
