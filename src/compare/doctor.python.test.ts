import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel } from '../node.ts';
import { examineModel } from './doctor.ts';
import type { RowsHealth } from './doctor-rows.ts';

const python = process.env.WEIGHTSCOPE_PYTHON ?? '';
const models = process.env.WEIGHTSCOPE_MODELS ?? '';
const script = fileURLToPath(new URL('fixtures/doctor.py', import.meta.url));

interface Theirs {
  found: Record<string, number[]> & { finite: number[][]; 'dead neurons': string[] } & Record<
      'zeros' | 'gains' | 'equal layers',
      number
    >;
  facts: RowsHealth['length'] & { unused?: RowsHealth['unused'] };
}

/** Names of the script's indicators whose answer is ids of rows, as our checks are called. */
const BY_ROWS = {
  'rows without a token': ['rows without a token'],
  'rows not finite': ['rows not finite'],
  'zero rows': ['zero rows'],
  'constant rows': ['constant rows'],
  'huge rows': ['huge rows'],
  'never trained': ['never trained: short', 'never trained: alike'],
  'equal rows': ['equal rows'],
  'nearly equal rows': ['nearly equal rows'],
  'outlier dimensions': ['outlier dimensions'],
};

async function expectTheirs(folder: string, { found, facts }: Theirs): Promise<string[]> {
  const model = await openModel(folder, { cache: undefined });
  const { findings, rows } = await examineModel(model, { examples: 1e6 });
  await model.close();
  const examples = (check: string) => findings.flatMap((one) => (one.check === check ? one.examples : []));
  for (const [check, names] of Object.entries(BY_ROWS)) {
    const ids = examples(check).map((one) => Number(one.split(' ')[0].replace('#', '')));
    expect([check, ...ids]).toEqual([check, ...names.flatMap((name) => found[name])]);
  }
  const counts = examples('finite').map((one) =>
    one
      .match(/(\d+) NaN, (\d+) infinite/)!
      .slice(1)
      .map(Number),
  );
  const inOrder = (pairs: number[][]) => [...pairs].sort(([a, b], [c, d]) => a - c || b - d);
  expect(inOrder(counts)).toEqual(inOrder(found.finite));
  expect([...examples('dead neurons')].sort()).toEqual(found['dead neurons']);
  for (const check of ['zeros', 'gains', 'equal layers'] as const)
    expect([check, examples(check).length]).toEqual([check, found[check]]);
  const [{ length, unused }] = rows;
  for (const which of ['median', 'low', 'high'] as const) expect(length[which]).toBeCloseTo(facts[which], 5);
  expect(unused?.known).toBe(facts.unused?.known);
  expect(unused?.median).toBeCloseTo(facts.unused!.median, 4);
  expect(unused?.high).toBeCloseTo(facts.unused!.high, 4);
  return [...new Set(findings.map(({ check }) => check))];
}

describe.skipIf(!python || !models)(
  `every indicator of two real models against numpy${python && models ? '' : ' (skipped: needs WEIGHTSCOPE_PYTHON and WEIGHTSCOPE_MODELS, see CONTRIBUTING.md)'}`,
  () => {
    const scratch = mkdtempSync(join(tmpdir(), 'doctor-'));
    afterAll(() => rmSync(scratch, { recursive: true, force: true }));
    const run = (...args: string[]): Theirs =>
      JSON.parse(execFileSync(python, [script, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 }));

    for (const name of ['smollm2-hf', 'minilm']) {
      const folder = join(models, name);
      describe.skipIf(!existsSync(folder))(name, () => {
        it('is the same as it is', async () => {
          await expectTheirs(folder, run(folder));
        }, 300_000);

        it('is the same, and finds them, where faults of every kind are planted', async () => {
          const planted = join(scratch, name);
          const checks = await expectTheirs(planted, run(folder, '--plant', planted));
          expect(checks).toEqual(
            expect.arrayContaining([
              ...['never trained', 'zero rows', 'equal rows', 'nearly equal rows', 'rows not finite', 'huge rows'],
              ...['constant rows', 'finite', 'dead neurons', 'zeros', 'gains', 'equal layers'],
            ]),
          );
        }, 300_000);
      });
    }
  },
);
