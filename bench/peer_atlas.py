"""P7's peer: what an atlas holds of a few layers, by torch's best loops (fp32 products, topk along contiguous rows, relu and
abs means, pairs with a running threshold), in memory. A product is made twice where both its rows and its columns are
ranked: topk along a strided dimension takes longer than the second product.
"""
import torch


def both_ends(product, X, Y, k, block=1024):
    """Per row of X the k largest and the k smallest of X @ Y.T."""
    multiply = product(Y, block)
    k = min(k, len(Y))
    top, bottom = [], []
    for i in range(0, len(X), block):
        S = multiply(X[i:i + block])
        top.append(S.topk(k, dim=1))
        bottom.append(S.topk(k, dim=1, largest=False))
    return [tuple(torch.cat([getattr(o, n) for o in end]) for n in ('values', 'indices')) for end in (top, bottom)]


def means(product, X, E, kind, block=1024):
    multiply = product(E, block)
    s = torch.zeros(len(E))
    for i in range(0, len(X), block):
        S = multiply(X[i:i + block])
        s += (S.relu_() if kind == 'relu' else S.abs_()).sum(0)
    return s / len(X)


def atlas(request, matrix, product, pairs):
    E = matrix(request['e'])
    X = {name: matrix(m) for name, m in request['vectors'].items()}
    f = {name: matrix(m)[0] for name, m in request['divisors'].items()}
    result = {'pairs': {}}
    for name, x in X.items():
        means(product, x, E, 'relu' if name.startswith('ff') else 'abs')
    for part in ('key', 'up', 'value'):
        if f'ff.{part}' not in X:
            continue
        x, scaled = X[f'ff.{part}'], E / f[f'ff.{part}'][:, None]
        top, bottom = both_ends(product, x, scaled, request['top'])
        columns_top, columns_bottom = both_ends(product, scaled, x, request['columns'])
        shown = {'top': top, 'bottom': bottom, 'columns_top': columns_top, 'columns_bottom': columns_bottom}
        result[part] = {end: values[:4].tolist() for end, (values, _) in shown.items()}
    heads, kv = request['heads'], request['kv_heads']
    diagonals = {'vo': [], 'qk': []}
    for layer in range(request['layers']):
        factors = {}
        for part in 'qkvo':
            own = len(X[f'attn.{part}']) // request['layers']
            w = X[f'attn.{part}'][layer * own:(layer + 1) * own]
            factors[part] = torch.mm(E / f[f'attn.{part}'][:, None], w.T)
        for head in range(heads):
            for matrix_name, first, second in (('vo', 'v', 'o'), ('qk', 'q', 'k')):
                def factor(part):
                    count = kv if part in 'kv' else heads
                    r = factors[part].shape[1] // count
                    own = head * count // heads
                    return factors[part][:, own * r:(own + 1) * r].contiguous()
                A, B = factor(first), factor(second)
                found = {'+': pairs(product, A, B, request['pairs']), '-': pairs(product, -A, B, request['pairs'])}
                diagonals[matrix_name].append((A * B).sum(1))
                if layer == 0 and head == 0:
                    result['pairs'][matrix_name] = {
                        sign: {'values': v.tolist(), 'index': i.tolist()} for sign, (v, i) in found.items()
                    }
    for rows in diagonals.values():
        D = torch.stack(rows, dim=1)
        k = min(request['columns'], D.shape[1])
        D.topk(k, dim=1)
        D.topk(k, dim=1, largest=False)
    return result
