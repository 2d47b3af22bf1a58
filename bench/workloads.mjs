import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wasmEngine } from '../dist/engine/wasm/wasm.js';
import { exportParameter, headFactors, openModel } from '../dist/node.js';
import { embedding } from '../dist/reading/embedding.js';
import { parameter } from '../dist/reading/parameters.js';
import { atlasWorkload } from './atlas.mjs';
import { watchPeak } from './memory.mjs';
import { peakFractions } from './peak.mjs';
import { startPeer } from './peer.mjs';
import { scaling } from './scaling.mjs';
import { wideFactors } from './wide.mjs';

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

/**
 * Alternates ours and the rivals' runs; all have run once before, for their answers to be compared. `others` are rivals
 * beside the peer that targets are set against; the row has their times under their names.
 */
const compare = async (name, rounds, ours, peer, others = {}) => {
  const rivals = { peer, ...others };
  const mine = [];
  const theirs = Object.fromEntries(Object.keys(rivals).map((rival) => [rival, []]));
  const processor = Object.fromEntries(['ours', ...Object.keys(rivals)].map((who) => [who, []]));
  for (let i = 0; i < rounds; i++) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    await ours();
    mine.push((performance.now() - start) / 1000);
    const { user, system } = process.cpuUsage(before);
    processor.ours.push((user + system) / 1e6);
    for (const [rival, run] of Object.entries(rivals)) {
      const { seconds, processor_seconds } = await run();
      theirs[rival].push(seconds);
      processor[rival].push(processor_seconds);
    }
  }
  const row = {
    case: name,
    ours_s: round(median(mine)),
    ours_min_s: round(Math.min(...mine)),
    ours_max_s: round(Math.max(...mine)),
    // The least of all rounds, which other work on the machine changes little.
    processor: Object.fromEntries(Object.entries(processor).map(([who, times]) => [who, round(Math.min(...times))])),
  };
  for (const [rival, times] of Object.entries(theirs)) {
    const ratio = round(median(times) / median(mine));
    row[`${rival}_s`] = round(median(times));
    row[`${rival}_min_s`] = round(Math.min(...times));
    row[`${rival}_max_s`] = round(Math.max(...times));
    row[rival === 'peer' ? 'ratio' : `${rival}_ratio`] = ratio;
    process.stderr.write(`${name}: ours ${row.ours_s} s, ${rival} ${row[`${rival}_s`]} s, ${ratio} times\n`);
  }
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

const summary = (rows) => {
  const of = (key, prefix) => {
    const ratios = rows.map((row) => row[key]).filter((ratio) => ratio !== undefined);
    if (ratios.length === 0) return {};
    return { [`${prefix}median_ratio`]: round(median(ratios)), [`${prefix}min_ratio`]: round(Math.min(...ratios)) };
  };
  return { rows, ...of('ratio', ''), ...of('onednn_ratio', 'onednn_') };
};

/**
 * Runs what `only` names; returns the record's sections. `products` are the peer's ways to multiply, the fastest first.
 */
export const runWorkloads = async ({ engine, peer, products, model: path, only, rounds, layers }) => {
  /** A request by torch.mm, which people write and targets are set against, and by what else torch has. */
  const rivals = (request) => {
    const ask = (by) => () => peer.ask({ ...request, by });
    const others = products.filter((by) => by !== 'mm');
    return [ask('mm'), Object.fromEntries(others.map((by) => [by, ask(by)]))];
  };
  /** Compares ours with the answer of each of them. */
  const checkEach = async (request, compared) => {
    for (const by of products) compared(await peer.ask({ ...request, by, result: true }));
  };
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
          const got = await engine.topPairs(a, b, { k: 1000 });
          await checkEach(request, (expected) => checkPairs(got, expected));
          const name = `head ${layer}:${head} ${matrix}`;
          rows.push(await compare(name, rounds, () => engine.topPairs(a, b, { k: 1000 }), ...rivals(request)));
        }
      }
      record.P1 = summary(rows);
    }
    if (only.includes('P1') || only.includes('wide')) {
      const rows = [];
      for (const [name, make] of wideFactors(model, engine, HEADS)) {
        const { a, b } = await make();
        const request = { op: 'pairs', a: save(a, 'a'), b: save(b, 'b'), k: 1000 };
        await peer.ask({ op: 'forget' });
        const got = await engine.topPairs(a, b, { k: 1000 });
        await checkEach(request, (expected) => checkPairs(got, expected));
        rows.push(await compare(name, rounds, () => engine.topPairs(a, b, { k: 1000 }), ...rivals(request)));
      }
      record.wide = summary(rows);
    }
    if (only.includes('P2') || only.includes('P3')) {
      const e = await embedding(model);
      const keys = [];
      for (let layer = 0; keys.length < KEYS && layer < model.dimensions.layers; layer++) {
        const { data } = await exportParameter(parameter(model, `layer.${layer}.ff.key`));
        for (let at = 0; at < data.length && keys.length < KEYS; at += e.columns) {
          keys.push(data.subarray(at, at + e.columns));
        }
      }
      if (keys.length < KEYS) throw new Error(`Expected a model with ${KEYS} keys at least, got ${keys.length}.`);
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
        ...(row.onednn_s && { onednn_gflops: round(flops / row.onednn_s / 1e9) }),
      });
      if (only.includes('P2')) {
        const ask = { ...request, op: 'rows', k: 50 };
        const got = await engine.topRows(x, e, { k: 50 });
        await checkEach(ask, (expected) => {
          expected.values.forEach((values, i) => {
            values.forEach((value, rank) => {
              const score = got.top.score[i * 50 + rank];
              check(
                Math.abs(score - value) <= 1e-4 * Math.abs(value),
                `row ${i}, rank ${rank}: ${score}, torch ${value}`,
              );
            });
          });
        });
        const row = await compare('top 50 of 8192 keys', rounds, () => engine.topRows(x, e, { k: 50 }), ...rivals(ask));
        record.P2 = summary([rates(row)]);
        if (engine.name === 'wasm' && engine.description.includes('relaxed')) {
          // Not among the ratios: what a runtime without relaxed SIMD gets.
          const plain = await wasmEngine({ relaxed: false });
          const run = () => plain.topRows(x, e, { k: 50 });
          const row = await compare('top 50 of 8192 keys, plain SIMD128', rounds, run, ...rivals(ask));
          await plain.close();
          record.P2.plain = rates(row);
        }
        // What a unit of an atlas asks for; torch has no such operation.
        const unit = { ...x, data: x.data.subarray(0, 1536 * x.columns), rows: 1536 };
        const both = { k: 100, ends: 'both', columns: { k: 50, ends: 'both' } };
        await engine.topRows(unit, e, both);
        const start = performance.now();
        await engine.topRows(unit, e, both);
        record.P2.unit = {
          case: '1536 keys, both ends and both directions',
          ours_s: round((performance.now() - start) / 1000),
        };
      }
      if (only.includes('P3')) {
        const ask = { ...request, op: 'means' };
        const got = await engine.columnMeans(x, e);
        const checkMeans = (relu, what) =>
          checkEach(ask, (expected) => {
            expected.values.forEach((value, j) => {
              check(Math.abs(relu[j] - value) <= 1e-4 * value, `token ${j}${what}: ${relu[j]}, torch ${value}`);
            });
          });
        await checkMeans(got.relu, '');
        const row = await compare('means over 8192 keys', rounds, () => engine.columnMeans(x, e), ...rivals(ask));
        record.P3 = summary([rates(row)]);
        const approximate = await engine.columnMeans(x, e, { approximate: true });
        if (approximate.error !== undefined) {
          // Not among the ratios: it does not do the same.
          await checkMeans(approximate.relu, ', approximate');
          const rough = await compare(
            'means over 8192 keys, approximate',
            rounds,
            () => engine.columnMeans(x, e, { approximate: true }),
            ...rivals(ask),
          );
          record.P3.approximate = { ...rates(rough), error: approximate.error };
        }
      }
    }
    if (only.includes('P4')) {
      // The first run computes the normalisers, which the others find in the cache.
      const runs = [];
      for (let i = 0; i <= rounds; i++) runs.push((await child('neuron', path, engine.name)).seconds);
      runs.shift();
      record.P4 = { ours_s: round(median(runs)), ours_min_s: round(Math.min(...runs)) };
      const folder = process.env.WEIGHTSCOPE_MODELS && join(process.env.WEIGHTSCOPE_MODELS, 'smollm2-hf');
      if (folder && existsSync(folder)) {
        const request = { op: 'neuron', path: folder, layer: 3, neuron: 17 };
        const times = [];
        for (let i = 0; i < 3; i++) times.push((await fresh((other) => other.ask(request))).seconds);
        record.P4.peer_s = round(median(times));
        record.P4.ratio = round(record.P4.peer_s / record.P4.ours_s);
      } else record.P4.peer = 'not timed: no smollm2-hf folder in WEIGHTSCOPE_MODELS';
    }
    if (only.includes('P5')) {
      const [layer, head] = HEADS[3];
      const { a, b } = await headFactors(model, layer, head, 'vo', { normalize: 'freq', engine });
      const request = { op: 'pairs', a: save(a, 'a'), b: save(b, 'b'), k: 1000 };
      const { peak_mb } = await fresh((other) => other.ask(request));
      record.P5 = {
        ours_head_mb: round((await child('head', path, engine.name)).peak_mb),
        ours_neuron_mb: round((await child('neuron', path, engine.name)).peak_mb),
        peer_mb: peak_mb && round(peak_mb),
      };
    }
    if (only.includes('notebook')) {
      const [layer, head] = HEADS[3];
      const { a, b } = await headFactors(model, layer, head, 'vo', { normalize: 'freq', engine });
      record.notebook = await wholeMatrix(
        { a: save(a, 'a'), b: save(b, 'b'), k: 1000 },
        () => engine.topPairs(a, b, { k: 1000 }),
        `head ${layer}:${head} vo`,
      );
    }
    if (only.includes('P7')) {
      await peer.ask({ op: 'forget' });
      // Torch takes ten minutes a round on two cores.
      const how = { model, engine, peer, by: products[0], rounds: 1, layers, save, compare, check, checkPairs };
      record.P7 = summary([await atlasWorkload(how)]);
    }
    if (only.includes('P6')) record.P6 = await peakFractions(engine.name);
    if (only.includes('scaling')) record.scaling = await scaling(engine.name);
    return record;
  } finally {
    rmSync(scratch, { recursive: true });
  }
};

/** A fresh process of ours: what it takes from its start to its end, and its peak memory, both seen from outside. */
const child = async (what, path, engine) => {
  const script = fileURLToPath(new URL('child.mjs', import.meta.url));
  const start = performance.now();
  const process_ = spawn(process.execPath, [script, what, path], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, WEIGHTSCOPE_ENGINE: engine },
  });
  const watch = watchPeak(process_.pid);
  const status = await new Promise((resolve) => process_.on('exit', resolve));
  const seconds = (performance.now() - start) / 1000;
  const peak_mb = watch.stop();
  if (status !== 0) throw new Error(`bench/child.mjs ${what} failed.`);
  return { seconds, peak_mb };
};

/** Asks a peer that was just started, and watches its memory. */
const fresh = async (ask) => {
  const other = startPeer();
  await other.ask({ op: 'info' });
  const watch = watchPeak(other.pid);
  try {
    const reply = await ask(other);
    return { ...reply, peak_mb: watch.stop() };
  } finally {
    watch.stop();
    other.end();
  }
};

/** The notebook's own way, which holds the whole matrix: timed only where 20 GB are free. */
const wholeMatrix = async (request, ours, name) => {
  if (freemem() < 20 * 2 ** 30) return { case: name, peer: 'not timed: less than 20 GB of memory are free' };
  await ours();
  const start = performance.now();
  await ours();
  const ours_s = (performance.now() - start) / 1000;
  const { seconds, peak_mb } = await fresh((other) => other.ask({ ...request, op: 'whole' }));
  return {
    case: name,
    ours_s: round(ours_s),
    peer_s: round(seconds),
    ratio: round(seconds / ours_s),
    peer_mb: peak_mb && round(peak_mb),
  };
};
