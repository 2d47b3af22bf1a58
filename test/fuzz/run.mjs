// npm run fuzz -- [--seconds 120] [--seed N] [--only TARGET] [--inputs N] [--number N] [--dist DIR]
// Reads inputs that are nearly right, made from a seed, as the library does: it may answer or throw a WeightscopeError of bounded
// length, and not take long. What else happens is written to build/fuzz/ and fails the run. --number N reads one input again.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { parquetFindings } from './parquet.mjs';
import { Random } from './random.mjs';
import { targetsOf } from './targets.mjs';

const { values } = parseArgs({
  options: Object.fromEntries(
    ['seconds', 'seed', 'only', 'inputs', 'number', 'dist'].map((name) => [name, { type: 'string' }]),
  ),
});
const root = resolve(import.meta.dirname, '../..');
const dist = pathToFileURL(values.dist ?? join(root, 'dist')).href;
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const seconds = Number(values.seconds ?? (values.inputs ? 86_400 : 120));
const inputs = Number(values.inputs ?? Number.POSITIVE_INFINITY);
/** An input of a few kilobytes that takes longer than this is a fault; half of it again is the machine's. */
const SLOW_MS = 2000;
const MAX_MESSAGE = 9000;
const BATCH = 200;

const targets = Object.entries(await targetsOf(dist)).filter(([name]) => !values.only || name === values.only);
const { WeightscopeError } = await import(`${dist}/errors.js`);
console.log(`seed ${seed}`);

const counts = new Map(targets.map(([name]) => [name, 0]));
const refused = new Map(counts);
let findings = 0;

async function once(name, { make, run }, number) {
  const bytes = make(new Random(seed, number));
  const start = performance.now();
  let problem;
  try {
    await run(bytes);
  } catch (error) {
    refused.set(name, refused.get(name) + 1);
    if (!(error instanceof WeightscopeError)) problem = error.stack;
    else if (error.message.length > MAX_MESSAGE) problem = `a message of ${error.message.length} characters`;
  }
  const took = performance.now() - start;
  if (took > SLOW_MS) problem ??= `took ${took.toFixed(0)} ms`;
  if (problem === undefined) return;
  findings++;
  mkdirSync(join(root, 'build/fuzz'), { recursive: true });
  const file = join(root, 'build/fuzz', `${name.replaceAll(' ', '-')}-${seed}-${number}`);
  writeFileSync(file, bytes);
  console.error(`${name}, --seed ${seed} --number ${number}, kept as ${file}:\n${problem}\n`);
}

if (values.number !== undefined) {
  for (const [name, target] of targets) await once(name, target, Number(values.number));
} else {
  const end = performance.now() + seconds * 1000;
  let number = 0;
  while (performance.now() < end && number * targets.length < inputs && findings < 20) {
    for (const [name, target] of targets) {
      for (let i = 0; i < BATCH; i++) await once(name, target, number + i);
      counts.set(name, counts.get(name) + BATCH);
    }
    number += BATCH;
  }
  if (!values.only || values.only === 'parquet') {
    const { count, problems } = await parquetFindings(seed, Math.min(seconds / 6, 600) * 1000);
    counts.set('parquet', count);
    for (const problem of problems) console.error(problem);
    findings += problems.length;
  }
  for (const [name, count] of counts) console.log(`${name}: ${count} inputs, ${refused.get(name) ?? 0} refused`);
}
const total = [...counts.values()].reduce((a, b) => a + b, 0);
console.log(`${total} inputs, ${findings} findings, seed ${seed}`);
process.exit(findings > 0 ? 1 : 0);
