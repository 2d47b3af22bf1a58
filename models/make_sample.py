"""Makes sample.gguf, the built-in model: the last six layers and the first 16,384 tokens of SmolLM2-135M-Instruct.

    pip install gguf
    python make_sample.py SmolLM2-135M-Instruct.Q4_1.gguf sample.gguf

Quantised blocks are copied as they stand, so every reading of the sample with normaliser `none` equals the full model's,
restricted to these tokens. Layer i here is layer 24 + i there; token ids are the same. The first tokens of a BPE
vocabulary, with the merges that make them, are a tokenizer themselves.
"""

import sys

import numpy as np
from gguf import GGUFReader, GGUFValueType, GGUFWriter

FIRST_LAYER = 24
TOKENS = 16384
# Written by the library itself, or of no use for reading parameters.
NOT_COPIED = ('general.architecture', 'tokenizer.chat_template')


def kept_merges(merges, tokens):
    """The merges whose two sides and whose result are all among `tokens`."""
    known = set(tokens)
    for merge in merges:
        left, right = merge.split(' ')
        if {left, right, left + right} <= known:
            yield merge


def changed_metadata(full):
    """Key -> value for what a slice must say differently (the notice of change of Apache-2.0, section 4b, among it)."""
    value = lambda key: full.fields[key].contents()
    tokens = value('tokenizer.ggml.tokens')[:TOKENS]
    return {
        'general.name': f'SmolLM2-135M-Instruct, layers {FIRST_LAYER}-29, first {TOKENS} tokens',
        'general.description': 'A slice of HuggingFaceTB/SmolLM2-135M-Instruct (Apache-2.0), changed: layers 0-23 and '
        'tokens 16384-49151 left out. For reading parameters, not for generating text.',
        'llama.block_count': value('llama.block_count') - FIRST_LAYER,
        'llama.vocab_size': TOKENS,
        'tokenizer.ggml.tokens': tokens,
        'tokenizer.ggml.token_type': value('tokenizer.ggml.token_type')[:TOKENS],
        'tokenizer.ggml.merges': list(kept_merges(value('tokenizer.ggml.merges'), tokens)),
    }


def copy_metadata(full, writer):
    changed = changed_metadata(full)
    for key, field in full.fields.items():
        if key.startswith('GGUF.') or key in NOT_COPIED or key == 'general.description':
            continue
        value = changed.get(key, field.contents())
        if field.types[0] == GGUFValueType.ARRAY:
            writer.add_array(key, value)
        else:
            writer.add_key_value(key, value, field.types[0])
    writer.add_string('general.description', changed['general.description'])


def copy_tensors(full, writer):
    for tensor in full.tensors:
        name, data = tensor.name, tensor.data
        if name.startswith('blk.'):
            _, layer, rest = name.split('.', 2)
            if int(layer) < FIRST_LAYER:
                continue
            name = f'blk.{int(layer) - FIRST_LAYER}.{rest}'
        if name == 'token_embd.weight':
            data = data[:TOKENS]
        writer.add_tensor(name, np.ascontiguousarray(data), raw_dtype=tensor.tensor_type)


def main(source, target):
    full = GGUFReader(source)
    writer = GGUFWriter(target, 'llama')
    copy_metadata(full, writer)
    copy_tensors(full, writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit('usage: make_sample.py SmolLM2-135M-Instruct.Q4_1.gguf sample.gguf')
    main(sys.argv[1], sys.argv[2])
