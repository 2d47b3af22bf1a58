// Expressions as a person types them, nearly.
import { word } from '../random.mjs';

const VECTORS = [
  'ff:0:1.key',
  'ff:1:2.value',
  'head:0:1.q[0]',
  'tok:" king"',
  'tok:#12',
  'pos:5',
  'norm.final',
  'tensor:a[0]',
];
const ODD = [
  'ff:0',
  'head:0:1.z[0]',
  'tok:"',
  'tok:#-1',
  'pos:99999999999999999999',
  'norm.',
  '((',
  ')',
  '1e999',
  '--',
  '.',
];

/** Vectors, sums of them and multiples, in brackets or not; now and then something else. */
export function expression(random, depth = 0) {
  if (random.chance(0.03)) return random.chance(0.5) ? random.pick(ODD) : word(random);
  if (depth > 6 || random.chance(0.3)) return random.pick(VECTORS);
  const inner = () => expression(random, depth + 1);
  switch (random.below(4)) {
    case 0:
      return `${inner()} ${random.pick(['+', '-'])} ${inner()}`;
    case 1:
      return `(${inner()})`;
    case 2:
      return `${random.pick(['2', '-1.5', '1e3', '0', '.5'])} * (${inner()})`;
    default:
      return `-${inner()}`;
  }
}
