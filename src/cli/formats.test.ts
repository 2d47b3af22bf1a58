import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseCsv } from '../../test/e2e/run-cli.ts';
import type { Format, OutputFlags } from './options.ts';
import type { Report } from './output/report.ts';
import { createProgram } from './program.ts';

// Every command that prints in formats, in each of them: no value is lost in any, and no command is left out.

const fixtures = join(import.meta.dirname, '../../test/fixtures');
const lexi = join(fixtures, 'lexi');
const [base, adapter, merged] = ['base', 'adapter', 'merged'].map((part) => join(fixtures, 'adapters/lora', part));
const folder = mkdtempSync(join(tmpdir(), 'weightscope-formats-'));
const atlas = join(folder, 'atlas');
const FORMATS = ['json', 'ndjson', 'csv', 'markdown', 'table'] as const;
/** What was printed, by format. */
let printed: Partial<Record<Format, string>> = {};
let current: Format = 'json';

// A report is computed once, and printed in every format.
vi.mock('./output/print.ts', async (original) => {
  const real = await original<typeof import('./output/print.ts')>();
  return {
    ...real,
    print: async (report: Report, flags: OutputFlags) => {
      if (flags.output !== undefined) return real.print(report, flags);
      for (current of FORMATS) await real.print(report, { ...flags, format: current });
    },
  };
});

const run = (args: readonly string[]) => createProgram().parseAsync([...args], { from: 'user' });

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = folder;
  vi.spyOn(process.stderr, 'write').mockReturnValue(true); // what is for people
  vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    printed[current] = (printed[current] ?? '') + piece;
    return true;
  });
  const small = ['--layers', '2-3', '--top', '20', '--pairs', '20', '--columns', '5', '--normalize', 'none'];
  await run(['atlas', 'build', lexi, '-o', atlas, ...small, '--what', 'neurons,heads,directions,statistics']);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is asked of each command; more than one where there are several kinds of report. */
const ASKED: Record<string, readonly string[][]> = {
  info: [[lexi]],
  neuron: [
    [lexi, '2', '7', '--bottom', '3'],
    [lexi, '2', '7', '--preview'],
    [merged, '0', '1', '--minus', base],
  ],
  head: [
    [lexi, '2', '1', '--other', '--matrix', 'vo'],
    [lexi, '2', '1', '--count', '--above', '50'],
    [lexi, '2', '1', '--compare-fold', '-k', '3'],
  ],
  vector: [
    [lexi, 'ff:2:7.value'],
    [lexi, 'tok:#5 - tok:#6'],
  ],
  notebook: [[lexi, '--ff', '2:7', '--head', '2:1']],
  normalisers: [[lexi]],
  parameters: [[lexi]],
  statistics: [
    [lexi, '--of', 'heads', '--layers', '2'],
    [lexi, '--of', 'neurons', '--layers', '2'],
  ],
  relations: [[lexi, '--layers', '2']],
  adapter: [[base, adapter]],
  diff: [
    [base, merged],
    [base, base],
    [base, merged, base],
  ],
  doctor: [[lexi], [base]],
  align: [[lexi, lexi, '--sample', '40']],
  kinship: [[base, merged]],
  stitch: [[lexi, lexi]],
  'atlas plan': [[lexi]],
  'atlas search': [
    [atlas, 'water'],
    [atlas, 'water', '--sign', '-'],
  ],
  'atlas neurons': [[atlas, '--sort', 'kurtosis']],
  'atlas heads': [[atlas]],
  'atlas relations': [[atlas]],
  'atlas spectrum': [[atlas, '2:1']],
  'atlas compositions': [[atlas]],
  'atlas similar': [[atlas, '3:5']],
  'atlas sql': [
    [atlas, "SELECT [1, 2] AS l, [{'a': 1}] AS r, {'x': [1]} AS s, map {'k': 1} AS m, DATE '2020-01-01' AS d"],
    [atlas, 'SELECT layer FROM heads WHERE false'],
  ],
  'atlas diff': [[atlas, atlas]],
  start: [[]],
  explain: [[], ['freq']],
};

/** These write a file of what they made, in formats of their own. */
const OTHERS = new Set(['atlas export']);

const named = ({ commands }: Command, before = ''): (readonly [string, Command])[] =>
  commands.flatMap((command) => {
    const name = before + command.name();
    return command.commands.length > 0 ? named(command, `${name} `) : [[name, command] as const];
  });

describe('every command in every format', () => {
  const formatted = named(createProgram()).filter(([, { options }]) => options.some(({ long }) => long === '--format'));

  it('is asked here', () => {
    expect(formatted.map(([name]) => name).filter((name) => !OTHERS.has(name))).toEqual(Object.keys(ASKED));
  });

  const cases = Object.entries(ASKED).flatMap(([name, asked]) => asked.map((args) => [name, args] as const));
  it.each(cases)('%s (%#)', { timeout: 300_000 }, async (name, args) => {
    printed = {};
    for (const format of FORMATS) {
      current = format;
      if (printed[format] === undefined) await run([...name.split(' '), ...args, '--format', format]);
      const text = printed[format] ?? ''; // a list of nothing has no line
      if (['json', 'table'].includes(format)) expect(text).not.toBe('');
      expect(text, format).not.toMatch(/\[object |undefined|NaN/);
      if (format === 'json') expect(JSON.parse(text)).toBeDefined();
      if (format === 'ndjson') for (const line of text.split('\n').filter(Boolean)) JSON.parse(line);
      if (format === 'csv') expect(new Set(parseCsv(text).map((row) => row.length)).size).toBeLessThanOrEqual(1);
    }
  });

  it.each(['csv', 'json', 'ndjson'])('atlas export, nested values in .%s', async (ending) => {
    const file = join(folder, `nested.${ending}`);
    await run(['atlas', 'export', atlas, '--sql', "SELECT [1, 2] AS l, {'a': {'b': 1}} AS r", '-o', file]);
    expect(readFileSync(file, 'utf8')).toMatch(/\[1, ?2\].*b.*1/s);
    expect(readFileSync(file, 'utf8')).not.toContain('[object');
  });

  it.each([...formatted.map(([name]) => name)])(
    '%s refuses a name whose ending says no format that it has',
    async (name) => {
      const file = join(folder, 'x.xlsx');
      const args = ASKED[name]?.[0] ?? [atlas, '--table', 'heads'];
      await expect(run([...name.split(' '), ...args, '-o', file])).rejects.toMatchObject({
        message: expect.stringMatching(/\.csv|\.safetensors|\.parquet/),
      });
      expect(existsSync(file)).toBe(false);
    },
  );
});
