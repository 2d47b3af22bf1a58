import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportParameter, headFactors, openModel } from '../dist/node.js';
import { embedding } from '../dist/reading/embedding.js';

export const HEADS = [
  [5, 3],
  [20, 4],
  [29, 7],
  [12, 0],
];
const KEYS = 8192;

const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const round = (x) => Number(x.toPrecision(4));

/** Alternates ours and the peer's runs; both have run once before, for their answers to be compared. */
const compare = async (name, rounds, ours, peer) => {
  const [mine, theirs] = [[], []];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await ours();
    mine.push((performance.now() - start) / 1000);
    theirs.push((await peer()).seconds);
  }
  const row = {
    case: name,
    ours_s: round(median(mine)),
    peer_s: round(median(theirs)),
    ratio: round(median(theirs) / median(mine)),
    ours_min_s: round(Math.min(...mine)),
    ours_max_s: round(Math.max(...mine)),
    peer_min_s: round(Math.min(...theirs)),
    peer_max_s: round(Math.max(...theirs)),
  };
  process.stderr.write(`${name}: ours ${row.ours_s} s, torch ${row.peer_s} s, ${row.ratio} times\n`);
  return row;
};

const check = (condition, sentence) => {
  if (!condition) throw new Error(`The answers differ, so nothing is timed: ${sentence}`);
};

/** The same pairs but for swaps between scores closer than fp32 tells apart. */
const checkPairs = (got, { values, index }) => {
  check(got.length === values.length, `${got.length} pairs, torch ${values.length}`);
  const edge = values.at(-1) * (1 + 1e-5);
  const ours = new Set(Array.from(got.first, (first, i) => `${first},${got.second[i]}`));
  for (const [i, value] of values.entries()) {
    check(Math.abs(got.score[i] - value) <= 1e-4 * Math.abs(value), `rank ${i}: ${got.score[i]}, torch ${value}`);
    check(value <= edge || ours.has(index[i].join()), `pair ${index[i]} of torch is missing`);
  }
};

const summary = (rows) => ({
  rows,
  median_ratio: round(median(rows.map((row) => row.ratio))),
  min_ratio: round(Math.min(...rows.map((row) => row.ratio))),
});

/** Runs what `only` names; returns the record's sections. */
export const runWorkloads = async ({ engine, peer, model: path, only, rounds }) => {
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  const model = path && (await openModel(path));
  const save = ({ data, rows, columns }, name) => {
    const file = join(scratch, name);
    writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { path: file, rows, columns };
  };
  const record = {};
  try {
    if (only.includes('P1')) {
      const rows = [];
      for (const [layer, head] of HEADS) {
        for (const matrix of ['vo', 'qk']) {
          const { a, b } = await headFactors(model, layer, head, matrix, { normalize: 'freq', engine });
          const request = { op: 'pairs', a: save(a, 'a'), b: save(b, 'b'), k: 1000 };
          await peer.ask({ op: 'forget' });
          checkPairs(await engine.topPairs(a, b, { k: 1000 }), await peer.ask({ ...request, result: true }));
          const name = `head ${layer}:${head} ${matrix}`;
          rows.push(
            await compare(
              name,
              rounds,
              () => engine.topPairs(a, b, { k: 1000 }),
              () => peer.ask(request),
            ),
          );
        }
      }
      record.P1 = summary(rows);
    }
    if (only.includes('P2') || only.includes('P3')) {
      const e = await embedding(model);
      const keys = [];
      for (let layer = 0; keys.length * e.columns < KEYS * e.columns && layer < model.layers; layer++) {
        const { data } = await exportParameter(model, `layer.${layer}.ff.key`);
        for (let at = 0; at < data.length && keys.length < KEYS; at += e.columns) {
          keys.push(data.subarray(at, at + e.columns));
        }
      }
      const x = { data: new Float32Array(KEYS * e.columns), rows: KEYS, columns: e.columns };
      keys.forEach((key, i) => {
        x.data.set(key, i * e.columns);
      });
      await peer.ask({ op: 'forget' });
      const request = { a: save(x, 'x'), b: save(e, 'e') };
      const flops = 2 * KEYS * e.rows * e.columns;
      const rates = (row) => ({
        ...row,
        ours_gflops: round(flops / row.ours_s / 1e9),
        peer_gflops: round(flops / row.peer_s / 1e9),
      });
      if (only.includes('P2')) {
        const ask = { ...request, op: 'rows', k: 50 };
        const [got, expected] = [await engine.topRows(x, e, { k: 50 }), await peer.ask({ ...ask, result: true })];
        expected.values.forEach((values, i) => {
          values.forEach((value, rank) => {
            const score = got.top.score[i * 50 + rank];
            check(
              Math.abs(score - value) <= 1e-4 * Math.abs(value),
              `row ${i}, rank ${rank}: ${score}, torch ${value}`,
            );
          });
        });
        const row = await compare(
          'top 50 of 8192 keys',
          rounds,
          () => engine.topRows(x, e, { k: 50 }),
          () => peer.ask(ask),
        );
        record.P2 = summary([rates(row)]);
      }
      if (only.includes('P3')) {
        const ask = { ...request, op: 'means' };
        const [got, expected] = [await engine.columnMeans(x, e), await peer.ask({ ...ask, result: true })];
        expected.values.forEach((value, j) => {
          check(Math.abs(got.relu[j] - value) <= 1e-4 * value, `token ${j}: ${got.relu[j]}, torch ${value}`);
        });
        const row = await compare(
          'means over 8192 keys',
          rounds,
          () => engine.columnMeans(x, e),
          () => peer.ask(ask),
        );
        record.P3 = summary([rates(row)]);
      }
    }
    if (only.includes('P4')) {
      const runs = Array.from({ length: rounds + 1 }, () => child('neuron', path).seconds).slice(1);
      record.P4 = { ours_s: round(median(runs)), ours_min_s: round(Math.min(...runs)) };
      const folder = process.env.WEIGHTSCOPE_MODELS && join(process.env.WEIGHTSCOPE_MODELS, 'smollm2-hf');
      if (folder && existsSync(folder)) {
        record.P4.peer_s = round((await peer.ask({ op: 'neuron', path: folder, layer: 3, neuron: 17 })).seconds);
      } else record.P4.peer = 'not timed: no smollm2-hf folder in WEIGHTSCOPE_MODELS';
    }
    if (only.includes('P5')) {
      record.P5 = {
        ours_head_mb: round(child('head', path).peak_mb),
        ours_neuron_mb: round(child('neuron', path).peak_mb),
      };
      if (only.includes('P1')) record.P5.peer_mb = round((await peer.ask({ op: 'memory' })).peak_mb);
    }
    if (only.includes('scaling')) record.scaling = await scaling(engine);
    return record;
  } finally {
    rmSync(scratch, { recursive: true });
  }
};

/** A fresh process: what it takes from nothing, and its peak memory. */
const child = (what, path) => {
  const script = fileURLToPath(new URL('child.mjs', import.meta.url));
  const { stdout, status, stderr } = spawnSync(process.execPath, [script, what, path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`bench/child.mjs ${what} failed: ${stderr}`);
  return JSON.parse(stdout);
};

/** Factors with a falling spectrum and unequal norms, from a seed. */
const synthetic = (rows, columns, seed) => {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const size = 0.3 * 10 ** uniform();
    for (let t = 0; t < columns; t++) {
      const normal = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
      data[i * columns + t] = size * normal * (1 + t) ** -0.5;
    }
  }
  return { data, rows, columns };
};

/** Times against V and against k; the exponent is that of the last doubling. */
const scaling = async (engine) => {
  const time = async (a, b, k) => {
    await engine.topPairs(a, b, { k });
    const start = performance.now();
    await engine.topPairs(a, b, { k });
    return round((performance.now() - start) / 1000);
  };
  const rows = [];
  for (const V of [8192, 16384, 32768, 65536, 131072, 262144]) {
    const [a, b] = [synthetic(V, 64, 1), synthetic(V, 64, 2)];
    rows.push({ case: `V = ${V}, k = 1000`, V, ours_s: await time(a, b, 1000) });
    if (V !== 65536) continue;
    for (const k of [10, 100, 10_000, 100_000, 1_000_000]) {
      rows.push({ case: `V = ${V}, k = ${k}`, k, ours_s: await time(a, b, k) });
    }
  }
  const grown = rows.filter((row) => row.V);
  for (let i = 1; i < grown.length; i++) {
    grown[i].exponent = round(Math.log(grown[i].ours_s / grown[i - 1].ours_s) / Math.log(grown[i].V / grown[i - 1].V));
  }
  return { rows };
};
