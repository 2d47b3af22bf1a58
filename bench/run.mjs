// npm run bench -- --only queries --atlas DIR [--other DIR] [--record]: an open atlas's answers (queries.mjs) npm run
// bench -- [--only P1,wide,P2,P3,P4,P5,P6,P7,scaling,notebook] [--layers 0,1,2] [--engine wasm] [--model FILE]
// [--rounds 5] [--json FILE] [--record] Ours against torch on the same machine, in turns, answers compared before they
// are timed. WEIGHTSCOPE_MODELS names the folder with smollm2/, WEIGHTSCOPE_PYTHON a Python with torch. --record writes
// bench/record/<machine>/ and the table in docs/performance.md; with --only it replaces those parts of the record.
// `notebook` holds a whole V x V matrix.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openEngine } from '../dist/node.js';
import { startPeer } from './peer.mjs';
import { askAll, queriesTable } from './queries.mjs';
import { plot, table } from './report.mjs';
import { runWorkloads } from './workloads.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'P1,P2,P3,P4,P5,P6' },
    engine: { type: 'string', default: 'wasm' },
    model: { type: 'string' },
    layers: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
    record: { type: 'boolean', default: false },
    atlas: { type: 'string' },
    other: { type: 'string' },
  },
});
const only = values.only.split(',');
/** Clouds hide which processor theirs is behind one name; family and model of Linux tell them apart. */
const processor = () => {
  const name = cpus()[0].model.trim();
  if (!existsSync('/proc/cpuinfo')) return name;
  const info = readFileSync('/proc/cpuinfo', 'utf8');
  const [family, model] = [/^cpu family\s*: (\d+)$/m, /^model\s*: (\d+)$/m].map((line) => line.exec(info)?.[1]);
  return family && model ? `${name} (family ${family}, model ${model})` : name;
};
const machine = `${processor()}, ${availableParallelism()} cores`;
const here = fileURLToPath(new URL('.', import.meta.url));

/** Puts what was measured between its marks in docs/performance.md. */
const intoPage = (name, table) => {
  const page = join(here, '../docs/performance.md');
  const [start, end] = [`<!-- bench ${name} -->`, `<!-- /bench ${name} -->`];
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`Expected ${page} to have the lines ${start} and ${end}.`);
  writeFileSync(page, `${text.slice(0, from + start.length)}\n${table}${text.slice(to)}`);
};

if (values.only === 'queries') {
  if (!values.atlas) {
    console.error('Expected an atlas to ask: --atlas DIR, a folder made by `weightscope atlas build`.');
    process.exit(2);
  }
  const table = queriesTable(await askAll(values.atlas, values.other), machine);
  console.log(table);
  if (values.record) intoPage('queries', table);
  process.exit(0);
}

const models = process.env.WEIGHTSCOPE_MODELS;
const gguf = models && readdirSync(join(models, 'smollm2')).find((name) => name.endsWith('.gguf'));
const model = values.model ?? (gguf && join(models, 'smollm2', gguf));
if (!model && only.some((name) => name !== 'scaling' && name !== 'P6')) {
  console.error('Expected a model to measure with: give --model FILE.gguf or set WEIGHTSCOPE_MODELS to its folder.');
  process.exit(2);
}

const engine = await openEngine(values.engine);
const peer = startPeer();
const { torch, threads, products } = await peer.ask({ op: 'info' });
const record = {
  machine,
  node: process.versions.node,
  engine: engine.name,
  settings: engine.description,
  torch,
  threads,
  date: new Date().toISOString().slice(0, 10),
  ...(await runWorkloads({
    engine,
    peer,
    products,
    model,
    only,
    rounds: Number(values.rounds),
    layers: values.layers?.split(',').map(Number),
  })),
};
peer.end();
await engine.close();

/** Torch's rates on an idle machine of this kind; a run in which it stays below 80 % of them says nothing. */
const judged = ({ void: _, ...record }) => {
  const slow = [
    ...(record.P1?.rows ?? []).filter((row) => row.peer_s > 5.9 / 0.8),
    ...(record.P2?.rows ?? []).filter((row) => row.peer_gflops < 0.8 * 130),
    ...(record.P3?.rows ?? []).filter((row) => row.peer_gflops < 0.8 * 130),
  ].map((row) => row.case);
  return slow.length > 0 ? { ...record, void: `torch was slower than it can be in ${slow.join('; ')}` } : record;
};

if (values.json) writeFileSync(values.json, `${JSON.stringify(judged(record), null, 2)}\n`);
console.log(table(judged(record)));
if (values.record) {
  const folder = join(here, 'record', record.machine.toLowerCase().replace(/[^a-z0-9]+/g, '-'));
  mkdirSync(folder, { recursive: true });
  // Parts of the record that were not measured now stay, where they come from the same settings.
  const file = join(folder, `${record.engine}.json`);
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const comparable = ['node', 'settings', 'torch', 'threads'].every((key) => before[key] === record[key]);
  const whole = judged(comparable ? { ...before, ...record } : record);
  writeFileSync(file, `${JSON.stringify(whole, null, 2)}\n`);
  writeFileSync(join(folder, `${record.engine}.md`), table(whole));
  writeFileSync(join(folder, `${record.engine}.svg`), plot(whole));
  intoPage(record.engine, table(whole));
}
