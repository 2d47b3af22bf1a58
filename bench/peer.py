"""The peer of the benchmarks: torch at its best for the three heavy operations (preallocated blocks, running threshold).

Reads one JSON request a line from stdin, answers one JSON line. Matrices are raw fp32 files, loaded before the clock
starts. Run with MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=20000000000 so that blocks are reused.
"""
import json, os, sys, time
import numpy as np
import torch

from peer_atlas import atlas

torch.set_grad_enabled(False)
torch.set_num_threads(int(os.environ.get('PEER_THREADS', os.cpu_count())))


def by_mm(B, block):
    """Products of blocks of rows with B [V, d], as people write them: a -> a @ B.T."""
    BT = B.T.contiguous()
    buf = torch.empty(block, len(B))
    return lambda a: torch.mm(a, BT, out=buf[:len(a)])


def by_onednn(B, block):
    """The same by oneDNN with B packed before, as torch.compile makes of a layer whose weights are frozen."""
    packed = torch.ops.mkldnn._reorder_linear_weight(B, block)
    return lambda a: torch.ops.mkldnn._linear_pointwise(a, packed, None, 'none', [], '')


PRODUCTS = {'mm': by_mm, 'onednn': by_onednn}


def products():
    """Names of the ways to multiply that this torch has, the fastest first."""
    X, E = torch.rand(1024, 576), torch.rand(16384, 576)
    times = {}
    for name, by in PRODUCTS.items():
        try:
            multiply = by(E, len(X))
            multiply(X)
            start = time.perf_counter()
            for _ in range(5):
                multiply(X)
            times[name] = time.perf_counter() - start
        except (AttributeError, NotImplementedError, RuntimeError):
            pass
    return sorted(times, key=times.get)


def pairs(product, A, B, k, block=256):
    """Top k entries of A @ B.T: values [k], indices [k, 2]."""
    multiply = product(B, block)
    tau, vals, idx, kept = -float('inf'), [], [], 0
    for i in range(0, len(A), block):
        a = A[i:i + block]
        X = multiply(a)
        nz = (X > tau).nonzero()
        vals.append(X[nz[:, 0], nz[:, 1]])
        idx.append(nz + torch.tensor([i, 0]))
        kept += len(nz)
        if kept > 4 * k:
            v, p = torch.cat(vals), torch.cat(idx)
            t = v.topk(min(k, len(v)))
            vals, idx, tau, kept = [t.values], [p[t.indices]], t.values[-1].item(), k
    v, p = torch.cat(vals), torch.cat(idx)
    t = v.topk(min(k, len(v)))
    return t.values, p[t.indices]


def whole(A, B, k):
    """The same from the whole matrix at once, as the notebook has it: a threshold from a sample, then what exceeds it."""
    X = A @ B.T
    sample = X.view(-1)[torch.randint(X.numel(), (1_000_000,))]
    # The sample says where about 20 k entries are; fewer than k are too few, and the threshold falls.
    rank = max(1, round(20 * k * len(sample) / X.numel()))
    tau = sample.topk(rank).values[-1]
    while True:
        nz = (X > tau).nonzero()
        if len(nz) >= k or len(nz) == X.numel():
            break
        tau = tau - 0.2 * tau.abs()
    v = X[nz[:, 0], nz[:, 1]]
    t = v.topk(min(k, len(v)))
    return t.values, nz[t.indices]


def top_rows(product, X, E, k, block=1024):
    """Per row of X the k largest of X @ E.T."""
    multiply = product(E, block)
    out = [multiply(X[i:i + block]).topk(k, dim=1) for i in range(0, len(X), block)]
    return torch.cat([o.values for o in out]), torch.cat([o.indices for o in out])


def column_means(product, X, E, block=1024):
    """Mean over rows of relu(X @ E.T)."""
    multiply = product(E, block)
    s = torch.zeros(len(E))
    for i in range(0, len(X), block):
        s += multiply(X[i:i + block]).relu_().sum(0)
    return s / len(X)


matrices = {}


def matrix(m):
    if m['path'] not in matrices:
        matrices[m['path']] = torch.from_numpy(np.fromfile(m['path'], dtype=np.float32)).view(m['rows'], m['columns'])
    return matrices[m['path']]


def answer(request):
    op = request['op']
    if op == 'info':
        return {'torch': torch.__version__, 'threads': torch.get_num_threads(), 'products': products()}
    if op == 'forget':
        matrices.clear()
        return {}
    if op == 'neuron':
        start = time.perf_counter()
        from transformers import AutoModelForCausalLM
        model = AutoModelForCausalLM.from_pretrained(request['path'], dtype=torch.float32)
        E = model.lm_head.weight.data
        layer = model.model.layers[request['layer']].mlp
        n = request['neuron']
        found = [(E @ v).topk(50).indices.tolist() for v in (layer.gate_proj.weight[n], layer.down_proj.weight[:, n])]
        return {'seconds': time.perf_counter() - start, 'first': found[0][0]}
    if op == 'atlas':
        for m in (request['e'], *request['vectors'].values(), *request['divisors'].values()):
            matrix(m)
        start = time.perf_counter()
        result = atlas(request, matrix, PRODUCTS[request['by']], pairs)
        seconds = time.perf_counter() - start
        return {'seconds': seconds, **(result if request.get('result') else {})}
    a, b = matrix(request['a']), matrix(request['b'])
    product = PRODUCTS[request.get('by', 'mm')]
    start, before = time.perf_counter(), time.process_time()
    if op == 'pairs':
        values, index = pairs(product, a, b, request['k'])
        result = {'values': values, 'index': index}
    elif op == 'whole':
        values, index = whole(a, b, request['k'])
        result = {'values': values, 'index': index}
    elif op == 'rows':
        values, index = top_rows(product, a, b, request['k'])
        result = {'values': values[:64], 'index': index[:64]}
    else:
        result = {'values': column_means(product, a, b)}
    times = {'seconds': time.perf_counter() - start, 'processor_seconds': time.process_time() - before}
    return {**times, **({n: t.tolist() for n, t in result.items()} if request.get('result') else {})}


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:
        reply = {'error': f'{type(error).__name__}: {error}'}
    print(json.dumps(reply), flush=True)
