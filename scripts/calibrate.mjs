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

const USAGE = `npm run calibrate [-- OPTIONS]: are the p of statistics what they say, and is what is planted found?

  --short       six heads and 1,000 neurons, a minute; writes nothing
  --planted     only what is planted, and what it is compared with
  --own-places  only own places: 800 plain heads and 200 with trained spectra, and planted copiers
  --heads N     so many heads in each of four layers
  --neurons N   so many neurons
  --seed N      other random ones

Without any of these it takes half an hour and writes the tables of docs/statistics.md.
`;
if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const KNOWN = [...USAGE.matchAll(/^ {2}(--\S+)/gm)].map(([, name]) => name);
const unknown = process.argv.slice(2).find((name) => name.startsWith('-') && !KNOWN.includes(name));
if (unknown) {
  process.stderr.write(`Expected one of ${KNOWN.join(', ')}, found ${unknown}.\n`);
  process.exit(2);
}
const short = process.argv.includes('--short');
const ownPlaces = process.argv.includes('--own-places');
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

const calibrated = await calibration(model, engine, { short, plain, ownPlaces, ...sized, progress });
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
const planted = await power(model, engine, calibrated, { short, ownPlaces, progress });
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
if (!short && !plain && !ownPlaces && Object.keys(sized).length === 0 && wrong.length === 0) {
  const path = fileURLToPath(new URL('../docs/statistics.md', import.meta.url));
  const page = readFileSync(path, 'utf8')
    .replace(/(<!-- calibration -->\n)[\s\S]*?(\n<!-- \/calibration -->)/, `$1${table}$2`)
    .replace(/(<!-- planted -->\n)[\s\S]*?(\n<!-- \/planted -->)/, `$1${found}$2`);
  writeFileSync(path, page);
}
await model.close();
process.exit(wrong.length > 0 ? 1 : 0);
