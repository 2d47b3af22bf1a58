import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { defaultEngine } from '../engine/select.ts';
import { openCheckpoint } from '../model/open.ts';
import { fileFolder } from '../source/file.node.ts';
import { headFactors } from './factors.ts';

const python = process.env.WEIGHTSCOPE_PYTHON;
const folder = join(process.env.WEIGHTSCOPE_MODELS ?? '', 'smollm2');
const missing = !python || !process.env.WEIGHTSCOPE_MODELS || !existsSync(folder);
const why = missing ? ' (skipped: needs WEIGHTSCOPE_PYTHON and WEIGHTSCOPE_MODELS, see CONTRIBUTING.md)' : '';

/** In fp32, a block of rows of A at a time: the best 1,000 pairs, and how many exceed each threshold that is given. */
const PROGRAM = `
import json, sys
import numpy as np, torch
A, B = (torch.from_numpy(np.fromfile(sys.argv[i], dtype=np.float32)).view(-1, 64) for i in (1, 2))
thresholds = [float(x) for x in sys.argv[3:]]
values, index, counts, least = torch.empty(0), torch.empty(0, dtype=torch.long), [0] * len(thresholds), thresholds[2]
for i in range(0, len(A), 256):
    X = (A[i:i + 256] @ B.T).view(-1)
    counts = [n + int((X > x).sum()) for n, x in zip(counts, thresholds)]
    found = (X > least).nonzero()[:, 0]
    values, index = torch.cat([values, X[found]]), torch.cat([index, found + i * len(B)])
    if len(values) > 4000:
        best = values.topk(1000)
        values, index, least = best.values, index[best.indices], best.values[-1].item()
best = values.topk(1000)
values, index = best.values, index[best.indices]
print(json.dumps({'values': values.tolist(), 'index': index.tolist(), 'counts': counts}))
`;

// A head that reference.json does not have, and whose spectrum is flatter than most.
describe.skipIf(missing)(`head 7:2 of SmolLM2 against torch${why}`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'torch-'));
  afterAll(() => rmSync(scratch, { recursive: true }));

  it.each(['vo', 'qk'] as const)(
    '%s has the same best pairs, and as many above a threshold',
    async (matrix) => {
      const model = await openCheckpoint(await fileFolder(folder));
      const engine = await defaultEngine();
      const { a: all, b } = await headFactors(model, 7, 2, matrix, { normalize: 'none', engine });
      // Some of the rows: torch needs seconds for 300 million products.
      const a = { ...all, rows: 6144, data: all.data.subarray(0, 6144 * all.columns) };
      const [fileA, fileB] = [join(scratch, 'a'), join(scratch, 'b')];
      writeFileSync(fileA, new Uint8Array(a.data.buffer, a.data.byteOffset, a.data.byteLength));
      writeFileSync(fileB, new Uint8Array(b.data.buffer, b.data.byteOffset, b.data.byteLength));

      const { first, second, score } = await engine.topPairs(a, b, { k: 100_000 });
      const thresholds = [score[99], score[9_999], score[99_999]].map((x) => x * (1 - 1e-7));
      const output = execFileSync(python!, ['-c', PROGRAM, fileA, fileB, ...thresholds.map(String)], {
        encoding: 'utf8',
        maxBuffer: 1 << 26,
        env: { ...process.env, MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '20000000000' },
      });
      const torch = JSON.parse(output) as { values: number[]; index: number[]; counts: number[] };

      for (const [i, threshold] of thresholds.entries()) {
        const { count } = await engine.topPairs(a, b, { k: 0, above: threshold });
        expect(Math.abs(count - torch.counts[i]), `count above ${threshold}`).toBeLessThanOrEqual(
          Math.max(2, 2e-5 * count),
        );
      }
      const places = new Map(torch.index.map((place, rank) => [place, torch.values[rank]]));
      const least = torch.values[999];
      for (let p = 0; p < 1000; p++) {
        expect(Math.abs(score[p] - torch.values[p]), `score at rank ${p}`).toBeLessThanOrEqual(2e-6 * score[p]);
        const theirs = places.get(first[p] * b.rows + second[p]);
        if (theirs === undefined) expect(score[p]).toBeLessThanOrEqual(least * (1 + 2e-6));
        else expect(Math.abs(score[p] - theirs)).toBeLessThanOrEqual(2e-6 * score[p]);
      }
      await model.close();
    },
    120_000,
  );
});
