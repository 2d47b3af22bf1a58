// Texts that people and atlases bring: manifests, expressions, vectors, lists of words, JSON; and what is written as
// CSV.
import { readFileSync } from 'node:fs';
import { json } from '../inputs/bytes.mjs';
import { manifest } from '../inputs/configs.mjs';
import { expression } from '../inputs/expression.mjs';
import { safetensors } from '../inputs/safetensors.mjs';
import { anyJson, mutatedJson, or, word } from '../random.mjs';

const npy = readFileSync(new URL('../../fixtures/formats/npy/fortran.npy', import.meta.url));
/** What no cell may hold, quoted or not: what a terminal obeys, and what a spreadsheet takes for a formula. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const HARMFUL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x1f\x7f-\x9f]/;
const FORMULA = /^[=+@\t\r-](?![\d.eE+-]*$)./s;

export async function textTargets(load) {
  const { parseManifest } = await load('atlas/manifest');
  const { parseExpression } = await load('reading/expression');
  const { parseVector } = await load('reading/vector-file');
  const { parseRelations } = await load('reading/relations/relation');
  const { parseJson } = await load('json');
  const { csvLine } = await load('csv');
  const { quote } = await load('quote');

  return {
    manifest: {
      make: (random) => json(manifest(random)),
      mutate: mutatedJson,
      run: (bytes) => parseManifest(bytes, 'atlas'),
    },
    expression: {
      make: (random) => Buffer.from(expression(random)),
      run: (bytes) => parseExpression(bytes.toString()),
    },
    'vector file': {
      make: (random) => random.pick([npy, json(or(random, [1, 2, 3])), safetensors(random)]),
      run: (bytes) => parseVector(bytes, 'v'),
    },
    relations: {
      make: (random) => {
        const pairs = () => random.times(4, () => or(random, [word(random), word(random)]));
        return json(or(random, Object.fromEntries(random.times(3, () => [word(random), or(random, pairs())]))));
      },
      mutate: mutatedJson,
      run: (bytes) => parseRelations(bytes.toString()),
    },
    csv: {
      make: (random) =>
        Buffer.from(
          random.times(5, () => random.pick(['=', '+1', '-x', '@', '\t', '\r\n', '"', ',', word(random)])).join(''),
        ),
      run: (bytes) => {
        const text = bytes.toString();
        const line = csvLine([text, 1]);
        const cells = cellsOf(line);
        if (cells.length !== 2 || cells[1] !== '1') throw new Error(`other cells: ${JSON.stringify(line)}`);
        if (HARMFUL.test(line) || FORMULA.test(cells[0])) throw new Error(`harmful: ${JSON.stringify(line)}`);
        if (CONTROL.test(quote(text))) throw new Error(`quoted as ${JSON.stringify(quote(text))}`);
      },
    },
    // Two readers of JSON, which have to agree: ours takes less only where it says so.
    json: {
      make: (random) => json(anyJson(random)),
      mutate: mutatedJson,
      run: (bytes) => {
        const theirs = attempt(() =>
          JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)),
        );
        const ours = attempt(() => parseJson(bytes, { python: true }));
        if (ours.error && !theirs.error) throw new Error(`refused: ${ours.error.message}`);
        if (theirs.error && !ours.error && !/NaN|Infinity/.test(bytes.toString()))
          throw new Error('taken, but JSON.parse refuses it');
        if (
          !ours.error &&
          !theirs.error &&
          !bytes.includes('__proto__') &&
          JSON.stringify(ours.value) !== JSON.stringify(theirs.value)
        )
          throw new Error('read otherwise than JSON.parse does');
      },
    },
  };
}

/** The cells of one line, by RFC 4180. */
function cellsOf(line) {
  const cells = [];
  for (let at = 0; at < line.length; at++) {
    let cell = '';
    if (line[at] === '"') {
      for (at++; line[at] !== '"' || line[at + 1] === '"'; at++) {
        if (line[at] === '"') at++;
        if (at >= line.length) throw new Error(`a quote without an end: ${JSON.stringify(line)}`);
        cell += line[at];
      }
      at++;
    } else for (; !',\r'.includes(line[at]); at++) cell += line[at];
    cells.push(cell);
    if (line[at] === '\r') return cells;
  }
  return cells;
}

function attempt(work) {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
