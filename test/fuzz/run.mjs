// Reads inputs that are nearly right, made from a seed, as the library does: it may answer or throw a WeightscopeError
// of bounded length, and not take long. What else happens is written to build/fuzz/ and fails the run. --number N reads
// one input again.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { parquetFindings } from './parquet.mjs';
import { mutated, Random } from './random.mjs';
import { targetsOf } from './targets.mjs';

const USAGE =
  'npm run fuzz [-- [--seconds 120] [--seed N] [--only TARGET] [--inputs N] [--number N] [--dist DIR] [--no-parquet]]';
const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    'no-parquet': { type: 'boolean' },
    ...Object.fromEntries(
      ['seconds', 'seed', 'only', 'inputs', 'number', 'dist'].map((name) => [name, { type: 'string' }]),
    ),
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const root = resolve(import.meta.dirname, '../..');
const dist = pathToFileURL(values.dist ?? join(root, 'dist')).href;
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const seconds = Number(values.seconds ?? (values.inputs ? 86_400 : 120));
const inputs = Number(values.inputs ?? Number.POSITIVE_INFINITY);
/** An input of a few kilobytes that takes longer than this, of the processor's time, is a fault. */
const SLOW_MS = 2000;
const MAX_MESSAGE = 9000;
/** Inputs that come from one structure: as it is, and changed. */
const PER_STRUCTURE = 4;
const BATCH = 50 * PER_STRUCTURE;
/** Every target has as much time as every other, so that cheap ones have most inputs. */
const TURN_MS = 500;
/** How often the counts are written, so that a run that is ended has them too. */
const REPORT_MS = 60_000;

const targets = Object.entries(await targetsOf(dist)).filter(([name]) => !values.only || name === values.only);
const { WeightscopeError } = await import(`${dist}/errors.js`);
console.log(`seed ${seed}`);

const counts = new Map(targets.map(([name]) => [name, 0]));
const refused = new Map(counts);
let findings = 0;

/** The input of a number: every fourth one is a new structure. */
const structures = new Map();
function inputOf(name, { make, mutate = mutated }, number) {
  const first = number - (number % PER_STRUCTURE);
  let known = structures.get(name);
  if (known?.first !== first) {
    known = { first, bytes: make(new Random(seed, first)) };
    structures.set(name, known);
  }
  return number === first ? known.bytes : mutate(known.bytes, new Random(seed, number));
}

async function once(name, target, number) {
  const bytes = inputOf(name, target, number);
  const start = performance.now();
  const used = process.cpuUsage();
  let problem;
  try {
    const answer = target.run(bytes);
    if (answer instanceof Promise) await answer;
  } catch (error) {
    refused.set(name, refused.get(name) + 1);
    if (!(error instanceof WeightscopeError)) problem = error?.stack ?? String(error);
    else if (error.message.length > MAX_MESSAGE) problem = `a message of ${error.message.length} characters`;
  }
  if (performance.now() - start > SLOW_MS) {
    const took = process.cpuUsage(used).user / 1000;
    if (took > SLOW_MS) problem ??= `took ${took.toFixed(0)} ms`;
  }
  if (problem === undefined) return;
  findings++;
  mkdirSync(join(root, 'build/fuzz'), { recursive: true });
  const file = join(root, 'build/fuzz', `${name.replaceAll(' ', '-')}-${seed}-${number}`);
  writeFileSync(file, bytes);
  console.error(`${name}, --seed ${seed} --number ${number}, kept as ${file}:\n${problem}\n`);
}

const total = () => [...counts.values()].reduce((a, b) => a + b, 0);

if (values.number !== undefined) {
  for (const [name, target] of targets) await once(name, target, Number(values.number));
} else {
  const end = performance.now() + seconds * 1000;
  let reported = performance.now();
  while (performance.now() < end && total() < inputs && findings < 20) {
    for (const [name, target] of targets) {
      const turn = performance.now() + TURN_MS;
      do {
        const number = counts.get(name);
        for (let i = 0; i < BATCH; i++) await once(name, target, number + i);
        counts.set(name, number + BATCH);
      } while (performance.now() < turn && total() < inputs);
    }
    if (performance.now() - reported > REPORT_MS) {
      reported = performance.now();
      console.log(`${total()} inputs, ${findings} findings, ${process.cpuUsage().user / 1e6} s of processor time`);
    }
  }
  if (!values['no-parquet'] && (!values.only || values.only === 'parquet')) {
    const { count, problems } = await parquetFindings(seed, Math.min(seconds / 6, 600) * 1000);
    counts.set('parquet', count);
    for (const problem of problems) console.error(problem);
    findings += problems.length;
  }
  for (const [name, count] of counts) console.log(`${name}: ${count} inputs, ${refused.get(name) ?? 0} refused`);
}
console.log(`${total()} inputs, ${findings} findings, seed ${seed}`);
process.exit(findings > 0 ? 1 : 0);
