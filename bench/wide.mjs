import { generator, matrix } from '../dist/engine/conformance/data.js';
import { headFactors } from '../dist/node.js';

/** As many rows as SmolLM2 has tokens. */
const ROWS = 49_152;

/**
 * Factors as wide as those of most models' heads, which SmolLM2 has not: some of its heads side by side, whose rows are
 * one after the other and whose scores are thus sums of theirs, and normal numbers, of which no dimension says more
 * than another. Each as [what it is, () => { a, b }].
 */
export const wideFactors = (model, engine, heads) => {
  const beside = (list, kind) => async () => {
    const factors = [];
    for (const [layer, head] of list)
      factors.push(await headFactors(model, layer, head, kind, { normalize: 'freq', engine }));
    return { a: joined(factors.map(({ a }) => a)), b: joined(factors.map(({ b }) => b)) };
  };
  const flat = (d) => async () => {
    const g = generator(d);
    return { a: matrix(g, ROWS, d, 'A'), b: matrix(g, ROWS, d, 'B') };
  };
  const names = (list) => list.map(([layer, head]) => `${layer}:${head}`).join(' and ');
  const two = heads.slice(0, 2);
  return [
    [`heads ${names(two)} vo, d = 128`, beside(two, 'vo')],
    [`heads ${names(two)} qk, d = 128`, beside(two, 'qk')],
    ['all four vo, d = 256', beside(heads, 'vo')],
    ['all four qk, d = 256', beside(heads, 'qk')],
    ...[64, 128, 256].map((d) => [`normal numbers, d = ${d}`, flat(d)]),
  ];
};

const joined = (list) => {
  const [{ rows }] = list;
  const columns = list.reduce((sum, x) => sum + x.columns, 0);
  const data = new Float32Array(rows * columns);
  let at = 0;
  for (const x of list) {
    for (let i = 0; i < rows; i++) data.set(x.data.subarray(i * x.columns, (i + 1) * x.columns), i * columns + at);
    at += x.columns;
  }
  return { data, rows, columns };
};
