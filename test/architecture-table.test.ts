import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { knownTypes, outcomeOf } from '../src/model/architectures/index.ts';
import { fixture } from './bytes.ts';

const PYTHON = process.env.WEIGHTSCOPE_PYTHON;
const DOCS = new URL('../docs/architectures.md', import.meta.url);
const [START, END] = ['<!-- model types: made by test/architecture-table.test.ts -->', '<!-- end -->'];

const docs = readFileSync(DOCS, 'utf8');
const [before, rest] = docs.split(START);
const [said, after] = rest.split(END);

/** One row for each thing that happens, with the types that it happens to. */
function table(types: readonly string[]): string {
  const rows = new Map<string, string[]>();
  for (const type of types) {
    const found = outcomeOf(type);
    const what =
      'family' in found
        ? `read by ${found.family}`
        : 'inner' in found
          ? `its language model is read, ${found.inner} if not said otherwise`
          : `refused: ${found.refused}`;
    rows.set(what, [...(rows.get(what) ?? []), type]);
  }
  const order = (what: string): string =>
    (what.startsWith('refused') ? '2' : what.startsWith('its') ? '1' : '0') + what;
  const lines = [...rows]
    .sort(([a], [b]) => (order(a) < order(b) ? -1 : 1))
    .map(([what, those]) => `| ${what} | ${those.join(', ')} |`);
  return ['', '| what happens | `model_type` |', '| --- | --- |', ...lines, ''].join('\n');
}

test('the table of model types in docs/architectures.md says what this code does', () => {
  const types = [...said.matchAll(/^\| [^|]+ \| ([^|]+) \|$/gm)]
    .flatMap(([, those]) => those.split(', '))
    .filter((type) => !type.includes('model_type') && type !== '---')
    .sort();
  expect(types.length).toBeGreaterThan(300);
  expect(said).toBe(table(types));
  const undone = knownTypes('safetensors').filter((type) => 'refused' in outcomeOf(type));
  expect(undone).toEqual([]);
});

// Needs transformers; with WEIGHTSCOPE_WRITE_DOCS=1 it writes the table instead.
test.skipIf(!PYTHON)('the table has every language model of the installed transformers', () => {
  const list = execFileSync(PYTHON!, [fixture('architectures/list_types.py')], { encoding: 'utf8' });
  const made = table(list.trim().split('\n').sort());
  if (process.env.WEIGHTSCOPE_WRITE_DOCS) writeFileSync(DOCS, before + START + made + END + after);
  else expect(said).toBe(made);
});

test.skipIf(!PYTHON)('what configs leave out is what the installed transformers takes', () => {
  const made = execFileSync(PYTHON!, [fixture('architectures/make_defaults.py')], { encoding: 'utf8' });
  expect(made).toBe(readFileSync(new URL('../src/model/defaults.ts', import.meta.url), 'utf8'));
});
