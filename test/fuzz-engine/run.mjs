// npm run fuzz:engine -- [--cases N] [--seconds S] [--seed X] [--case I] [--engines native,wasm,simd,means32] Asks
// engines random questions and holds every answer against an oracle in another language (oracle.py, numpy): bit for
// bit, means within what they promise, progress that never goes back. A case that differs is printed with what repeats
// it.
import { parseArgs } from 'node:util';
import { nativeEngine } from '../../dist/engine/native/native.node.js';
import { columnMeans } from '../../dist/engine/search/means/means.js';
import { localSession } from '../../dist/engine/search/session.js';
import { instantiate } from '../../dist/engine/wasm/instantiate.js';
import { compile, MAX_BYTES, newMemory } from '../../dist/engine/wasm/module.js';
import { wasmEngine } from '../../dist/engine/wasm/wasm.js';
import { questionsOf } from './cases.mjs';
import { differs } from './check.mjs';
import { startOracle } from './oracle.mjs';

const { values } = parseArgs({
  options: {
    cases: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    case: { type: 'string' },
    engines: { type: 'string', default: 'native,wasm,simd,means32' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const only = values.case === undefined ? undefined : Number(values.case);
const cases = only === undefined ? Number(values.cases ?? Number.POSITIVE_INFINITY) : only + 1;
const seconds = Number(values.seconds ?? (values.cases || values.case ? Number.POSITIVE_INFINITY : 120));
/** Cases that differ before it gives up. */
const MOST = 10;

/** fp32 means from the first product on, with their check, which an engine takes for large matrices alone. */
const means32 = async () => {
  const { module } = await compile(false, false);
  const sessions = {
    lanes: 1,
    maxBytes: MAX_BYTES,
    open: async (bytes, scratch) => localSession(instantiate(module, newMemory(bytes, false)), scratch),
  };
  return {
    columnMeans: async (x, e, options) => columnMeans(sessions, x, e, options, 0),
    close: async () => {},
  };
};
const OPEN = {
  native: () => nativeEngine(),
  portable: () => nativeEngine({ instructionSet: 'portable' }),
  wasm: () => wasmEngine(),
  simd: () => wasmEngine({ relaxed: false, threads: 0 }),
  means32,
};
const engines = await Promise.all(
  values.engines.split(',').map(async (name) => ({ name, engine: await OPEN[name](), asked: 0 })),
);
const oracle = startOracle(process.env.WEIGHTSCOPE_PYTHON ?? 'python3');

console.log(`fuzz:engine, seed ${seed}: ${engines.map(({ name }) => name).join(', ')}`);
const start = performance.now();
const operations = {};
let [done, failed] = [0, 0];
for (let index = only ?? 0; index < cases && failed < MOST; index++) {
  if (performance.now() - start > 1000 * seconds) break;
  const questions = questionsOf(seed, index);
  const answers = [];
  for (const { operation, a, b, n, m, d, options } of questions) {
    answers.push(await oracle.ask({ operation, a, b, n, m, d, ...options }));
    operations[operation] = (operations[operation] ?? 0) + 1;
  }
  let wrong = false;
  for (const one of engines) {
    const asked = [...questions.keys()].filter((i) => questions[i].operation in one.engine);
    one.asked += asked.length > 0 ? 1 : 0;
    const found = await Promise.all(
      asked.map(async (i) => {
        const why = await differs(one.engine, questions[i], answers[i]).catch((error) => String(error?.stack ?? error));
        return why && `${questions[i].what}\n    ${one.name}: ${why}`;
      }),
    );
    for (const why of found.filter(Boolean)) {
      wrong = true;
      console.log(
        `\ncase ${index}: ${why}\n    repeat: npm run fuzz:engine -- --seed ${seed} --case ${index} --engines ${one.name}`,
      );
    }
  }
  done++;
  if (wrong) failed++;
  if (done % 1000 === 0)
    console.log(`${done} cases, ${failed} differ, ${Math.round((performance.now() - start) / 1000)} s`);
}
const took = ((performance.now() - start) / 1000).toFixed(0);
console.log(
  `${done} cases (${Object.entries(operations)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')}) in ${took} s, seed ${seed}: ` +
    `${engines.map(({ name, asked }) => `${name} ${asked}`).join(', ')}; ${failed} differ`,
);
oracle.end();
await Promise.all(engines.map(({ engine }) => engine.close()));
process.exitCode = failed > 0 || done === 0 ? 1 : 0;
