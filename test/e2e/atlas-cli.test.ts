import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtures, json, lexi, parseCsv, temporary, weightscope } from './run-cli.ts';

const folder = temporary();
const atlas = join(folder, 'atlas');
const what = 'neurons,heads,directions,statistics';

beforeAll(async () => {
  const small = ['--layers', '2-3', '--top', '20', '--pairs', '20', '--columns', '5', '--normalize', 'none'];
  const build = ['atlas', 'build', lexi, '-o', atlas, ...small, '--what', what];
  const { status, stderr } = await weightscope(build);
  // What was made and where, and the next command, though nobody sees a progress bar.
  const said = new RegExp(
    `^The atlas of \\S+ is in ${atlas} \\(.* tokens; .* MB\\). Try: weightscope atlas search ${atlas} "king".\n$`,
  );
  expect([status, stderr]).toEqual([0, expect.stringMatching(said)]);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('weightscope atlas', () => {
  it('refuses to build over an atlas, goes on with --resume, and says what a build takes', async () => {
    const again = await weightscope(['atlas', 'build', lexi, '-o', atlas, '--layers', '2-3']);
    expect([again.status === 0, again.stderr]).toEqual([false, expect.stringContaining('settings')]);
    expect(await json('atlas', 'plan', lexi)).toMatchObject({
      units: expect.any(Number),
      operations: expect.any(Number),
    });
    const check = await weightscope(['atlas', 'check', atlas]);
    expect([check.status, check.stdout]).toEqual([0, expect.stringContaining('as they were written')]);
    const directions = ['atlas', 'build', lexi, '-o', join(folder, 'with space'), '--what', 'directions', '--top', '3'];
    const { stderr } = await weightscope(directions);
    expect(stderr).toContain(
      `Try: weightscope atlas sql '${join(folder, 'with space')}' "SELECT * FROM direction_tokens`,
    );
    expect((await weightscope([...directions, '--resume', '--quiet'])).stderr).toBe('');
  });

  it.each([
    ['--adapter', 'base', 'adapter'],
    ['--minus', 'merged', 'base'],
    ['--base', 'merged', 'base'],
  ])('builds what %s makes of a checkpoint, and lists what reading that lists', async (flag, model, other) => {
    const [opened, second] = [model, other].map((name) => join(fixtures, 'adapters/lora', name));
    const made = join(folder, `made-${flag}`);
    const small = ['--what', 'neurons,heads', '--normalize', 'none', '--top', '5', '--pairs', '5', '--columns', '5'];
    const built = await weightscope(['atlas', 'build', opened, flag, second, '-o', made, ...small, '--quiet']);
    expect([built.status, built.stderr]).toEqual([0, '']);
    const how = [flag === '--base' ? '--minus' : flag, second, '-k', '5', '--normalize', 'none'];
    const { parts } = await json('neuron', opened, '1', '8', ...how);
    const { vo } = await json('head', opened, '1', '1', '--matrix', 'vo', ...how);
    const rows = (sql: string) => json('atlas', 'sql', made, sql);
    const words = `SELECT token AS id, score FROM neuron_tokens WHERE layer = 1 AND neuron = 8 AND part = 'value'
      AND sign = '+' ORDER BY rank`;
    const scored = ({ id, score }: { id: number; score: number }) => ({ id, score });
    expect(await rows(words)).toEqual(parts.value.top.map(scored));
    const pairs = `SELECT score FROM head_pairs WHERE layer = 1 AND head = 1 AND matrix = 'vo' AND sign = '+' ORDER BY rank`;
    expect(await rows(pairs)).toEqual(vo.pairs.map(({ score }: { score: number }) => ({ score })));
  });

  it('lists what reading the checkpoint lists', async () => {
    const { parts } = await json('neuron', lexi, '2', '7', '-k', '20', '--normalize', 'none');
    const rows = await json(
      ...['atlas', 'sql', atlas],
      "SELECT token, score FROM neuron_tokens WHERE layer = 2 AND neuron = 7 AND part = 'value' AND sign = '+' ORDER BY rank",
    );
    expect(rows).toEqual(parts.value.top.map(({ id, score }: { id: number; score: number }) => ({ token: id, score })));
  });

  it('searches for words, prefixes and expressions', async () => {
    const found = await json('atlas', 'search', atlas, 'water', '--part', 'value', '--sign', '+', '-k', '5');
    expect(found.heads).toEqual([]);
    expect(found.neurons).toHaveLength(5);
    expect(found.neurons.every((hit: { part: string; sign: string }) => hit.part === 'value' && hit.sign === '+')).toBe(
      true,
    );
    expect((await json('atlas', 'search', atlas, 'water OR wat*', '-k', '1')).terms).toHaveLength(2);
    const list = join(folder, 'words.txt');
    writeFileSync(
      list,
      ['water', 'qqqqqq', ...Array.from({ length: 990 }, (_, i) => `nothing${i}`), 'river'].join('\n'),
    );
    const either = await json('atlas', 'search', atlas, 'water OR river', '-k', '3');
    const any = await weightscope(['atlas', 'search', atlas, '--any', list, '-k', '3', '--json']);
    expect(JSON.parse(any.stdout)).toMatchObject({ neurons: either.neurons, heads: either.heads });
    const csv = await weightscope(['atlas', 'search', atlas, 'water OR river', '-k', '1', '--format', 'csv']);
    expect(parseCsv(csv.stdout)[0]).toEqual(expect.arrayContaining(['met', 'words']));
    const table = await weightscope(['atlas', 'search', atlas, '--any', list]);
    expect(table.stdout).toMatch(/\d of 993/);
    const said = table.stdout.replaceAll(/\s+/g, ' ');
    expect(said).toMatch(/No token is "qqqqqq", "nothing0"[^.]* or one of 983 more\./);
    expect(said).toMatch(/water \d+ tokens?, qqqqqq 0, nothing0 0, .*nothing3 0, 987 more words/);
    const named = await weightscope(['atlas', 'search', atlas, 'water OR qqqqqq OR riv* OR zebras']);
    expect(named.stdout).toMatch(/water \d+ tokens?, qqqqqq 0, riv\* \d+, zebras 0/);
    expect(named.stdout).toContain('No token is "qqqqqq" or "zebras".');
    const both = await weightscope(['atlas', 'search', atlas, 'water', '--any', list]);
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('Expected words or --any FILE, got both')]);
    const unknown = await weightscope(['atlas', 'search', atlas, 'qqqqqq']);
    expect([unknown.status === 0, unknown.stderr]).toEqual([false, expect.stringContaining('qqqqqq')]);
  });

  it('finds first the neurons that write five animals, not those that are loud for every word', async () => {
    const sample = join(folder, 'sample');
    const build = ['atlas', 'build', 'sample', '-o', sample, '--layers', '5', '--what', 'neurons'];
    expect((await weightscope(build)).status).toBe(0);
    const words = ['dog OR cat OR horse OR lion OR tiger', '--part', 'value'];
    const { neurons } = await json('atlas', 'search', sample, ...words, '--sign', '+', '-k', '10000');
    const places = neurons.map(({ neuron }: { neuron: number }) => neuron);
    expect(places.slice(0, 3)).toEqual([808, 611, 1439]);
    // What wrote these words loudest, and special tokens louder still.
    expect(places.indexOf(645)).toBeGreaterThan(20);
    const list = "SELECT top FROM neurons WHERE neuron IN (808, 611, 1439) AND part = 'value'";
    for (const { top } of await json('atlas', 'sql', sample, list)) expect(top).toMatch(/·(dog|animal)\b/);
    const { stdout } = await weightscope(['atlas', 'search', sample, ...words]);
    expect(stdout).toContain('in order of share: how far the words stand out within it');
    expect(stdout).toMatch(/5:808 +value +\+ +0\.530 +48\.71 +3 of 5 +·dog #1 +·cat #3 +·horse #10/);
  }, 300_000);

  it('prints a table whose columns are those of its heading', async () => {
    const csv = await weightscope(['atlas', 'neurons', atlas, '--sort', 'kurtosis', '-k', '3', '--format', 'csv']);
    const [header, ...rows] = parseCsv(csv.stdout);
    expect(rows).toHaveLength(3);
    const [first] = await json('atlas', 'neurons', atlas, '--sort', 'kurtosis', '-k', '1');
    expect(Number(rows[0][header.indexOf('value')])).toBe(first.value);
    const { stdout } = await weightscope(['atlas', 'neurons', atlas, '--sort', 'kurtosis', '-k', '1']);
    expect(stdout).toContain(first.value.toPrecision(4));
    expect(stdout).toContain(first.top.split(' ')[0]);
  });

  it('orders heads by statistics, and shows their directions, relations and compositions', async () => {
    const heads = await json('atlas', 'heads', atlas, '--sort', 'copying', '-k', '2');
    const [{ best }] = await json('atlas', 'sql', atlas, 'SELECT max(copying) AS best FROM head_stats');
    expect(heads[0].value).toBe(best);
    const spectrum = await json('atlas', 'spectrum', atlas, `${heads[0].layer}:${heads[0].head}`);
    expect(spectrum.directions[0].left.top).toHaveLength(20);
    const shorter = await json('atlas', 'spectrum', atlas, `${heads[0].layer}:${heads[0].head}`, '-k', '3');
    expect(shorter.directions[0].left).toEqual({
      ...spectrum.directions[0].left,
      top: spectrum.directions[0].left.top.slice(0, 3),
      bottom: spectrum.directions[0].left.bottom.slice(0, 3),
    });
    // What a table leaves out is said, and how to have it.
    const said = async (...flags: string[]) => {
      const { stdout } = await weightscope(['atlas', 'spectrum', atlas, '3:0', ...flags]);
      return stdout.replaceAll(/\s+/g, ' ');
    };
    expect(await said()).toContain('The first 6 of the 20 tokens that the atlas has of either end; -k says how many.');
    expect(await said('-k', '20')).not.toContain('of either end');
    expect((await said('-k', '20')).length).toBeGreaterThan((await said()).length);
    expect(await said('-k', '21')).toContain('The atlas has 20 tokens of either end.');
    expect((await json('atlas', 'compositions', atlas, '--from', '2:1', '--kind', 'v')).length).toBe(6);
    const relations = await json('atlas', 'relations', atlas, '--relation', 'opposites', '-k', '3');
    expect(relations.map(({ relation }: { relation: string }) => relation)).toEqual(Array(3).fill('opposites'));
    for (const table of ['spectrum', 'relations', 'compositions']) {
      const { status, stdout } = await weightscope(['atlas', table, atlas, ...(table === 'spectrum' ? ['3:0'] : [])]);
      expect([status, stdout.split('\n').length > 5]).toEqual([0, true]);
    }
  });

  it('finds similar neurons, tells atlases apart and exports', async () => {
    expect(await json('atlas', 'similar', atlas, '3:5', '-k', '4')).toHaveLength(4);
    expect((await json('atlas', 'diff', atlas, atlas, '-k', '2')).neurons).toHaveLength(2);
    const file = join(folder, 'pairs.csv');
    expect(
      (await weightscope(['atlas', 'export', atlas, '--table', 'head_pairs', '--format', 'csv', '-o', file])).status,
    ).toBe(0);
    expect(parseCsv(readFileSync(file, 'utf8').replaceAll('\n', '\r\n'))).toHaveLength(1 + 2 * 12 * 2 * 20);
    const bad = await weightscope(['atlas', 'export', atlas, '--sql', 'DROP VIEW tokens', '-o', join(folder, 'x')]);
    expect([bad.status === 0, existsSync(join(folder, 'x'))]).toEqual([false, false]);
  });
});

describe('weightscope atlas sql', () => {
  const query = 'SELECT range AS n, [range] AS l FROM range(25000)';

  it('says where rows were cut, and writes all to a file, in formats that are the same for few and many', async () => {
    const shown = await weightscope(['atlas', 'sql', atlas, query, '--format', 'ndjson']);
    expect([shown.status, shown.stdout.trimEnd().split('\n').length]).toEqual([0, 10_000]);
    expect(shown.stderr).toMatch(/first 10,000 rows.*--limit.*-o/);
    const few = await weightscope(['atlas', 'sql', atlas, query, '--limit', '3', '--quiet']);
    expect([few.stdout.trimEnd().split('\n').length, few.stderr]).toEqual([6, '']);
    for (const format of ['csv', 'json', 'ndjson']) {
      const file = join(folder, `rows.${format}`);
      const { status, stdout, stderr } = await weightscope(['atlas', 'sql', atlas, query, '-o', file]);
      expect([status, stdout, stderr]).toEqual([0, '', '']);
      const all = await weightscope(['atlas', 'sql', atlas, query, '--limit', '25000', '--format', format]);
      expect(readFileSync(file, 'utf8')).toBe(all.stdout);
      const piped = await weightscope(['atlas', 'sql', atlas, query, '--format', format, '-o', '-']);
      expect(piped.stdout).toBe(all.stdout);
    }
    const table = await weightscope(['atlas', 'sql', atlas, 'SELECT * FROM range(200000)', '-o', join(folder, 'x.md')]);
    expect([table.status, table.stderr]).toEqual([1, expect.stringContaining('.csv, .ndjson or .json')]);
    expect(existsSync(join(folder, 'x.md'))).toBe(false);
  });

  it('exports in the format that the name says, or says which it can', async () => {
    const run = (...args: string[]) => weightscope(['atlas', 'export', atlas, '--sql', 'SELECT 1 AS a', ...args]);
    for (const [name, begins] of [
      ['e.csv', 'a\n1\n'],
      ['e.json', '[\n'],
      ['e.jsonl', '{"a":1}'],
      ['e.parquet', 'PAR1'],
      ['e', 'PAR1'],
    ]) {
      expect((await run('-o', join(folder, name))).status).toBe(0);
      expect(readFileSync(join(folder, name), 'latin1').startsWith(begins)).toBe(true);
    }
    const other = await run('-o', join(folder, 'e.xlsx'));
    expect([other.status, other.stderr]).toEqual([
      2,
      expect.stringContaining('.parquet, .csv, .ndjson, .jsonl, .json'),
    ]);
    expect(existsSync(join(folder, 'e.xlsx'))).toBe(false);
    expect((await run('--format', 'csv', '-o', '-')).stdout).toBe('a\n1\n');
  });
});

describe('weightscope relations', () => {
  it('scores heads by the word pairs of a file as by those that ship', async () => {
    const file = join(folder, 'words.json');
    writeFileSync(file, '{"tall": [["tall", "short"], ["hot", "cold"], ["big", "small"]]}');
    const found = await json('relations', lexi, file, '--layers', '2-3', '-k', '4');
    expect(found.relations).toHaveLength(1);
    const [{ relation, pairs, given, heads }] = found.relations;
    expect({ relation, given, heads: heads.length }).toEqual({ relation: 'tall', given: 3, heads: 4 });
    expect(pairs).toBeGreaterThan(0);
    const shipped = await json('relations', lexi, '--layers', '2', '-k', '1');
    const listed = await json('atlas', 'relations', atlas, '--relation', 'plurals', '-k', '100');
    const [best] = shipped.relations.find((r: { relation: string }) => r.relation === 'plurals').heads;
    const row = listed.find((r: { layer: number; head: number }) => r.layer === 2 && r.head === best.head);
    expect(row).toMatchObject({ promoted: best.promoted.value, suppressed: best.suppressed.value, pairs: best.pairs });
    const { status, stdout } = await weightscope(['relations', lexi, file, '--layers', '2', '--suppressed']);
    expect([status, stdout]).toEqual([0, expect.stringContaining('tall')]);
  });

  it('says what is wrong with a file', async () => {
    const file = join(folder, 'bad.json');
    writeFileSync(file, '{"x": [["a"]]}');
    for (const [path, text] of [
      [file, 'two words'],
      [join(folder, 'none.json'), 'Cannot read the relations'],
    ]) {
      const { status, stderr } = await weightscope(['relations', lexi, path]);
      expect([status === 0, stderr]).toEqual([false, expect.stringContaining(text)]);
    }
  });
});
