// npm run calibrate [-- --short]: are the p-values of statistics what they say, and is what is planted found?
//
// Random heads and neurons are put in the place of the sample's own, on its real embeddings: heads of normal numbers
// ("plain") and heads with the singular values of the sample's own heads and random directions ("spectra"). Their p is
// below 0.05, 0.01 and 0.001 in just these shares, or the table says what is wrong. Against a shuffled vocabulary: the
// same heads, with the rows of the first E permuted. Counts have few values, so that their p may be below less often,
// never more. The full run (half an hour) writes the tables of docs/statistics.md; --short (a minute) is for CI and
// writes nothing.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultEngine, openModel } from '../dist/node.js';
import { power } from './calibrate/planted.mjs';
import { calibration } from './calibrate/random.mjs';

const short = process.argv.includes('--short');
/**
 * `--heads 10 --neurons 5000`: fewer heads in each of four layers, fewer neurons; `--seed 2`: others. `--planted`: only
 * what is planted, and what it is compared with. Without all of these the tables are written.
 */
const plain = process.argv.includes('--planted');
const sized = Object.fromEntries(
  ['heads', 'neurons', 'seed'].flatMap((name) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? [] : [[name, Number(process.argv[at + 1])]];
  }),
);
const model = await openModel('sample');
const engine = await defaultEngine();
const started = performance.now();
const progress = (what) => process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s  ${what}\n`);

const calibrated = await calibration(model, engine, { short, plain, ...sized, progress });
const rows = calibrated.list();
const share = (x) => (x === 0 ? '0' : x >= 0.01 ? x.toFixed(3) : x.toFixed(4));
const table = [
  '| statistic | against | of | number | p < 0.05 | p < 0.01 | p < 0.001 |',
  '| --- | --- | --- | ---: | ---: | ---: | ---: |',
  ...rows.map(
    (row) =>
      `| ${row.statistic} | ${row.against} | ${row.of} | ${row.count.toLocaleString('en-US')} | ${row.shares.map(share).join(' | ')} |`,
  ),
].join('\n');
const planted = await power(model, engine, calibrated, { short, progress });
const found = [
  '| planted | strength | heads or neurons | found by z | by p that errs as often | by p < 0.001 |',
  '| --- | ---: | ---: | ---: | ---: | ---: |',
  ...planted.map(
    ({ what, strength, count, before, alike, after }) =>
      `| ${what} | ${strength} | ${count} | ${[before, alike, after].map(share).join(' | ')} |`,
  ),
].join('\n');
console.log(`${table}\n\n${found}`);

const wrong = rows.flatMap(({ statistic, against, of, wrong }) =>
  wrong ? [`${statistic}, ${against}, ${of}: ${wrong}`] : [],
);
// One head in forty is no finding.
for (const row of planted)
  if (row.alike < row.before - 1.5 / row.count)
    wrong.push(`${row.what} of strength ${row.strength} is found less often`);
for (const line of wrong) console.log(`wrong: ${line}`);
if (!short && !plain && Object.keys(sized).length === 0 && wrong.length === 0) {
  const path = fileURLToPath(new URL('../docs/statistics.md', import.meta.url));
  const page = readFileSync(path, 'utf8')
    .replace(/(<!-- calibration -->\n)[\s\S]*?(\n<!-- \/calibration -->)/, `$1${table}$2`)
    .replace(/(<!-- planted -->\n)[\s\S]*?(\n<!-- \/planted -->)/, `$1${found}$2`);
  writeFileSync(path, page);
}
await model.close();
process.exit(wrong.length > 0 ? 1 : 0);
