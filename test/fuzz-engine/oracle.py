"""What the engine's contract says, in numpy: scores are fp64 sums in index order, one vector operation for each dimension.

Reads cases from standard input and writes answers to standard output, each a line of JSON followed by the arrays that it names, raw
(little-endian), one after the other. Shares nothing with the engines but src/engine/engine.ts, which it reads aloud.
"""

import json
import sys

import numpy as np

NONE = 0xFFFFFFFF


def scores_of(a, b):
    """[n, m] fp64: products of two fp32 numbers are exact in fp64, so only the order of the sums matters."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    out = np.zeros((len(a), len(b)))
    for t in range(a.shape[1]):
        out += a[:, t, None] * b[None, :, t]
    return out


def ranked(scores, allowed, k, end):
    """Per row of `scores` its best k allowed columns: (index [n, k], score [n, k])."""
    columns = np.flatnonzero(allowed)
    k = min(k, len(columns))
    kept = scores[:, columns]
    order = np.argsort(-kept if end == "top" else kept, axis=1, kind="stable")[:, :k]
    return columns[order].astype(np.uint32), np.take_along_axis(kept, order, axis=1)


def top_rows(x, e, case):
    scores = scores_of(x, e)
    if "divisor" in case:
        scores = scores / case["divisor"]
    mask = case.get("mask", np.ones(len(e), np.uint8)) != 0
    answer = {}
    for end in ("top", "bottom"):
        if case["ends"] in (end, "both"):
            index, score = ranked(scores, mask, case["k"], end)
            answer[f"{end}.index"], answer[f"{end}.score"] = index, score
        columns = case.get("columns")
        if columns and columns["ends"] in (end, "both"):
            index, score = ranked(scores.T, np.ones(len(x), bool), columns["k"], end)
            index[~mask], score[~mask] = NONE, np.nan
            name = "column" + end.capitalize()
            answer[f"{name}.index"], answer[f"{name}.score"] = index, score
    return answer


def greedy(first, second, most_first, most_second):
    """Positions of a list that stay when an index may be listed only so often on either side."""
    uses, kept = ({}, {}), []
    for position, (i, j) in enumerate(zip(first.tolist(), second.tolist())):
        if uses[0].get(i, 0) < most_first and uses[1].get(j, 0) < most_second:
            uses[0][i] = uses[0].get(i, 0) + 1
            uses[1][j] = uses[1].get(j, 0) + 1
            kept.append(position)
    return np.array(kept, np.int64)


def top_pairs(a, b, case):
    scores = scores_of(a, b)
    selected = np.ones(scores.shape, bool)
    if "maskA" in case:
        selected &= (case["maskA"] != 0)[:, None]
    if "maskB" in case:
        selected &= (case["maskB"] != 0)[None, :]
    if "above" in case:
        selected &= scores > case["above"]
    if "below" in case:
        selected &= scores < case["below"]
    count = int(selected.sum())
    if "exclude" in case:
        p, q, of = case["exclude"]
        i, j = np.indices(scores.shape)
        selected &= (i * p + j * q) % of != 0
    first, second = np.nonzero(selected)
    score = scores[first, second]
    answer = {}
    if case.get("visit"):
        answer.update({"visited.first": first, "visited.second": second, "visited.score": score})
    order = np.lexsort((second, first, -score if case["end"] == "top" else score))
    k = case.get("k", 0 if case.get("visit") else len(order))
    limits = [case.get(name, len(order) + 1) for name in ("limitPerFirst", "limitPerSecond")]
    if k > 0 and ("limitPerFirst" in case or "limitPerSecond" in case):
        order = order[greedy(first[order], second[order], *limits)]
    order = order[:k]
    answer.update({"first": first[order], "second": second[order], "score": score[order]})
    answer["count"] = np.array([count], np.float64)
    return {name: value.astype(np.uint32) if value.dtype == np.int64 else value for name, value in answer.items()}


def column_means(x, e, _case):
    scores = scores_of(x, e)
    n = max(1, len(x))
    return {"relu": np.maximum(scores, 0).sum(0) / n, "abs": np.abs(scores).sum(0) / n}


def matmul(a, b, _case):
    with np.errstate(over="ignore"):
        return {"data": scores_of(a, b).astype(np.float32)}


OPERATIONS = {"topRows": top_rows, "topPairs": top_pairs, "columnMeans": column_means, "matmul": matmul}


def main():
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while line := source.readline():
        case = json.loads(line)
        for name, kind, length in case.pop("arrays"):
            kind = np.dtype(kind)
            case[name] = np.frombuffer(source.read(length * kind.itemsize), kind)
        d = case["d"]
        a, b = (case.pop(name).reshape(-1 if d else rows, d) for name, rows in (("a", case["n"]), ("b", case["m"])))
        answer = {name: np.ascontiguousarray(value) for name, value in OPERATIONS[case["operation"]](a, b, case).items()}
        arrays = [[name, value.dtype.str, value.size] for name, value in answer.items()]
        sink.write(json.dumps(arrays).encode() + b"\n" + b"".join(value.tobytes() for value in answer.values()))
        sink.flush()


main()
