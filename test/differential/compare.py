"""Files that are whole or a little damaged, read by us and by the formats' own libraries: safetensors, gguf, torch
(`weights_only=True`) and tokenizers. Both refuse, or both give the same; what we refuse and they take (or the other way)
has to be one of the reasons in docs/formats.md, listed below. Prints counts; ends with 1 where a difference has no reason.

    npm run build && python test/differential/compare.py [--files 400] [--seed 1]
"""

import argparse
import collections
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, '..', 'fixtures')

# What we refuse and they take, by format: words of our message, and why (docs/formats.md, docs/fuzzing.md).
REASONS = {
    'safetensors': {
        'twice': 'a key twice in a header',
        'begin with "{"': 'spaces before the header',
        'whole numbers': 'sizes above 2^53',
        'too many bytes': 'sizes above 2^53 beside a zero',
    },
    'gguf': {
        'deep': 'arrays more than four deep',
        'multiple of': 'misaligned offsets, rows that are no whole blocks',
        'overlap': 'overlapping tensors',
        'follow': 'tensors past the end, counts past the end',
        'but the file has': 'tensors past the end',
        'too early': 'tensors past the end',
        'found number': 'types that cannot be decoded',
        'element type': 'types that cannot be decoded',
        'no model has so many': 'counts that no model has',
        'at most': 'limits of counts and lengths',
        'version': 'versions that are not 2 or 3',
        'unknown value type': 'value types that are unknown',
        'UTF-8': 'names that are not UTF-8',
        'twice': 'a key or tensor twice',
        'alignment': 'an alignment that is no power of two',
    },
    'torch': {
        'checksum': 'checksums that do not hold, which torch does not look at',
        'zip': 'zip files that could be read in two ways',
        'record': 'zip files that could be read in two ways',
        'pickle': 'instructions that no state dict needs',
        "Python's": 'names that no state dict needs',
        'dict of tensors': 'a dict without tensors',
        'its tensor': 'tensors outside of their storage',
    },
    'tokenizers': {},
}

# Tokens that the tokenizer adds to the model's own.
ADDED = ['<s>']

# What they refuse and we take, by words of their message: entries of a tokenizer that a reading of weights has no use
# for (settings for dividing texts, unknown ones, and what stands in them), tensors of a type that nobody knows.
THEIRS = {
    'tokenizers': ('missing field', 'expected `,` or `}`', "can't decode byte"),
    'safetensors': ('unknown variant',),
}


def damaged(data, rng, reach):
    """Now and then as it is, else with one to three small changes within the first `reach` bytes."""
    out = bytearray(data)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        at = rng.randrange(min(reach, len(out)))
        kind = rng.randrange(4)
        if kind == 0:
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            out[at] = rng.randrange(256)
        elif kind == 2:
            del out[at]
        else:
            out.insert(at, rng.choice(b'{}[]":,0129 \x00'))
    return bytes(out)


def by_safetensors(data):
    from safetensors import deserialize

    sizes = {'F32': '<f4', 'F16': '<f2', 'F64': '<f8'}
    return {
        name: (t['shape'], np.frombuffer(bytes(t['data']), sizes[t['dtype']]) if t['dtype'] in sizes else None)
        for name, t in deserialize(data)
    }


def by_gguf(path):
    from gguf import GGUFReader
    from gguf.quants import dequantize

    found = {}
    for tensor in GGUFReader(path).tensors:
        plain = tensor.tensor_type.name == 'F64'  # which the package leaves as it is
        values = tensor.data if plain else dequantize(tensor.data, tensor.tensor_type)
        found[tensor.name] = (list(reversed([int(n) for n in tensor.shape])), values.ravel())
    return found


def by_torch(data):
    import torch

    state = torch.load(io.BytesIO(data), weights_only=True, map_location='cpu')
    return {k: (list(v.shape), v.float().numpy().ravel()) for k, v in state.items() if isinstance(v, torch.Tensor)}


def by_tokenizers(data):
    from tokenizers import Tokenizer

    vocabulary = Tokenizer.from_str(data.decode()).get_vocab(with_added_tokens=True)
    return {id: piece for piece, id in vocabulary.items()}


def bases():
    """(format, bytes, how far changes reach)."""
    import torch
    from safetensors.numpy import save

    arrays = {'a': np.arange(6, dtype=np.float32).reshape(2, 3), 'b.weight': np.ones((1, 4), np.float16)}
    yield 'safetensors', save(arrays), 200
    yield 'gguf', open(os.path.join(FIXTURES, 'gguf', 'blocks.gguf'), 'rb').read(), 600
    file = io.BytesIO()
    torch.save({'a': torch.arange(6.0).reshape(2, 3), 'b': torch.ones(4, dtype=torch.bfloat16)}, file)
    yield 'torch', file.getvalue(), len(file.getvalue())
    vocabulary = {piece: i for i, piece in enumerate(['<unk>', 'a', 'b', 'ab', 'Ġking', 'größe'])}
    added = [dict(id=6, content=ADDED[0], single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)]
    model = dict(type='WordLevel', vocab=vocabulary, unk_token='<unk>')
    yield 'tokenizers', json.dumps(dict(version='1.0', added_tokens=added, model=model), ensure_ascii=False).encode(), 900


def theirs_of(kind, path, data):
    # Damaged counts send the gguf package through billions of entries: what is not read in this time is refused.
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(10)
    try:
        if kind == 'gguf':
            return by_gguf(path), None
        return {'safetensors': by_safetensors, 'torch': by_torch, 'tokenizers': by_tokenizers}[kind](data), None
    except BaseException as error:  # pyo3 panics are no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        return None, f'{type(error).__name__}: {error}'[:200]
    finally:
        signal.alarm(0)


def out_of_time(*_):
    raise TimeoutError('not read in 10 seconds')


def same(kind, ours, theirs):
    if kind == 'tokenizers':
        pieces = dict(enumerate(ours['pieces']))
        # An added token whose id is free keeps it here, where the library may number it anew (docs/vocabulary.md).
        kept = {piece for piece in theirs.values() if piece in ADDED and piece in ours['pieces']}
        moved = {id for id, piece in theirs.items() if piece in kept and pieces.get(id) != piece}
        return all(pieces.get(id) == piece for id, piece in theirs.items() if id not in moved)
    if set(ours['tensors']) != set(theirs):
        return False
    for name, (shape, values) in theirs.items():
        own = ours['tensors'][name]
        if own['shape'] != list(shape):
            return False
        if values is None or own.get('data') is None:
            continue
        mine = np.array([float(x.replace('Infinity', 'inf')) for x in own['data']], np.float32)
        if not np.array_equal(mine, values.astype(np.float32), equal_nan=True):
            return False
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--files', type=int, default=400)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    print(f'seed {args.seed}')
    counts, wrong = collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        cases = []
        for kind, whole, reach in bases():
            ending = {'tokenizers': 'json', 'torch': 'bin'}.get(kind, kind)
            for i in range(args.files // 4):
                data = whole if i == 0 else damaged(whole, rng, reach)
                path = os.path.join(folder, f'{kind}-{i}.{ending}')
                with open(path, 'wb') as file:
                    file.write(data)
                cases.append((kind, path, data))
        names = '\n'.join(path for _, path, _ in cases)
        run = subprocess.run(['node', os.path.join(HERE, 'read.mjs')], input=names, capture_output=True, text=True, check=True)
        for (kind, path, data), line in zip(cases, run.stdout.splitlines(), strict=True):
            ours, (theirs, error) = json.loads(line), theirs_of(kind, path, data)
            case = os.path.basename(path)
            if 'error' in ours and theirs is None:
                counts[kind, 'both refuse'] += 1
            elif 'error' in ours:
                reason = next((why for words, why in REASONS[kind].items() if words in ours['message']), None)
                counts[kind, f'we refuse: {reason}'] += 1
                if reason is None:
                    wrong.append(f'{case}: we refuse ({ours["message"]}), they take it')
            elif theirs is None:
                counts[kind, 'they refuse'] += 1
                if any(words in error for words in THEIRS.get(kind, ())) and '\ufffd' not in line:
                    continue
                wrong.append(f'{case}: they refuse ({error}), we take it')
            elif same(kind, ours, theirs):
                counts[kind, 'same'] += 1
            else:
                wrong.append(f'{case}: other numbers or names')
    for (kind, what), count in sorted(counts.items()):
        print(f'{kind}: {what}: {count}')
    print(*wrong[:40], sep='\n')
    print(f'{sum(counts.values())} files, {len(wrong)} differences without a reason')
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
