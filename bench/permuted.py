"""A relative of a Llama: its neurons in another order, in F16, and without some of its layers if asked.

    python bench/permuted.py FOLDER TO [SEED] [LAYER,LAYER,...]    # pip install numpy safetensors torch

What `weightscope align` and `kinship` are timed on (docs/align.md): the same model, of which no neuron has its place.
"""
import json, os, re, shutil, sys
import torch
from safetensors.torch import load_file, save_file

source, target = sys.argv[1:3]
torch.manual_seed(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
dropped = {int(layer) for layer in sys.argv[4].split(',')} if len(sys.argv) > 4 else set()
config = json.load(open(os.path.join(source, 'config.json')))
kept = [layer for layer in range(config['num_hidden_layers']) if layer not in dropped]
orders = {layer: torch.randperm(config['intermediate_size']) for layer in kept}
made = {}
for name, value in load_file(os.path.join(source, 'model.safetensors')).items():
    place = re.match(r'model\.layers\.(\d+)\.(.+)', name)
    if place and int(place[1]) in dropped:
        continue
    if place:
        order = orders[int(place[1])]
        if re.match(r'mlp\.(gate|up)_proj', place[2]):
            value = value[order]
        elif place[2].startswith('mlp.down_proj'):
            value = value[:, order]
        name = f'model.layers.{kept.index(int(place[1]))}.{place[2]}'
    made[name] = value.half().contiguous()
os.makedirs(target)
for file in os.listdir(source):
    if re.match(r'tokenizer|special_tokens|chat_template', file):
        shutil.copy(os.path.join(source, file), target)
json.dump({**config, 'num_hidden_layers': len(kept)}, open(os.path.join(target, 'config.json'), 'w'), indent=2)
save_file(made, os.path.join(target, 'model.safetensors'), metadata={'format': 'pt'})
