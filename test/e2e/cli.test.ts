import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtures, json, lexi, parseCsv, parseSafetensors, temporary, weightscope } from './run-cli.ts';

const reference = JSON.parse(readFileSync(join(fixtures, 'reference/lexi/reference.json'), 'utf8'));
const tokenOnly = join(fixtures, 'architectures/llama');

describe('weightscope', () => {
  it('lists its commands, and says what each takes', async () => {
    const { status, stdout, stderr } = await weightscope(['--help']);
    expect([status, stderr]).toEqual([0, '']);
    const commands = [
      'info',
      'neuron',
      'head',
      'vector',
      'notebook',
      'normalisers',
      'parameters',
      'start',
      'completion',
    ];
    for (const command of commands) {
      expect(stdout).toContain(`\n  ${command}`);
      const help = await weightscope([command, '--help']);
      expect([help.status, help.stderr]).toEqual([0, '']);
      expect(help.stdout).toMatch(new RegExp(`^Usage: weightscope ${command}`));
    }
    expect((await weightscope([])).stdout).toBe(stdout);
  });

  it('loads what a command works with, and no more', async () => {
    const loaded = async (...args: string[]): Promise<string[]> => {
      const folder = temporary();
      await weightscope(args, { env: { NODE_V8_COVERAGE: folder } });
      const files = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
      const urls: string[] = files.flatMap(({ result }) => result.map(({ url }: { url: string }) => url));
      return [...new Set(urls.filter((url) => url.startsWith('file:')))];
    };
    // Neither a server nor what matches layers, nor anything that reads an atlas.
    const reading = await loaded('neuron', lexi, '0', '0', '-k', '3');
    expect(reading.length).toBeGreaterThan(10);
    expect(reading.length).toBeLessThan(150);
    const packages = reading.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
    for (const name of ['hono', 'hyparquet', 'ml-spectra-processing', '@duckdb/node-api'])
      expect(packages).not.toContain(name);
    expect((await loaded('--version')).length).toBeLessThan(80);
  });

  it('prints a completion script and its version', async () => {
    expect((await weightscope(['completion', 'bash'])).stdout).toContain('complete -F _weightscope weightscope');
    expect((await weightscope(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('info', () => {
  it('says what the built-in model is', async () => {
    const info = await json('info', 'sample');
    expect(info).toMatchObject({
      model: 'sample',
      modelType: 'llama',
      dimensions: {
        layers: 6,
        hidden: 576,
        heads: 9,
        kvHeads: 3,
        headDim: 64,
        neurons: 1536,
        vocab: 16384,
        gated: true,
      },
      tokenizer: { kind: 'byte-level', tokens: 16384 },
    });
    const { stdout } = await weightscope(['info', 'sample']);
    expect(stdout).toContain('9 a layer of 64 dimensions sharing 3 key-value heads');
  });

  it('reads no weights, and needs no tokenizer', async () => {
    expect((await json('info', tokenOnly)).tokenizer).toBeNull();
  });
});

describe('neuron', () => {
  const [{ layer, neuron, key, value, key_bottom: keyBottom }] = reference.ff;
  const ids = (tokens: { id: number }[]) => tokens.map(({ id }) => id);

  it("reads what the notebook's own arithmetic reads (fixtures/reference/notebook.py)", async () => {
    const read = await json('neuron', lexi, `${layer}`, `${neuron}`, '-k', '200', '--bottom', '50');
    expect(Object.keys(read)).toEqual(['model', 'layer', 'neuron', 'normalize', 'applied', 'parts']);
    expect(read).toMatchObject({
      model: lexi,
      layer,
      neuron,
      normalize: 'freq',
      applied: { foldNorm: false, filters: [] },
    });
    expect(ids(read.parts.key.top)).toEqual(key.map(([id]: [number]) => id));
    expect(ids(read.parts.value.top)).toEqual(value.map(([id]: [number]) => id));
    expect(ids(read.parts.key.bottom)).toEqual(keyBottom.map(([id]: [number]) => id));
    expect(read.parts.key.top[0].score).toBeCloseTo(key[0][2], 3);
    expect(Object.keys(read.parts.key.top[0])).toEqual(['id', 'token', 'label', 'score']);
  });

  it('says the same in all five formats', async () => {
    const args = ['neuron', lexi, `${layer}`, `${neuron}`, '--part', 'value', '-k', '30', '--bottom', '5'];
    const { top, bottom } = (await json(...args)).parts.value;
    const labels = [...top, ...bottom].map(({ label }: { label: string }) => label);
    const out = async (format: string) => (await weightscope([...args, '--format', format])).stdout;

    const lines = (await out('ndjson'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ label }) => label)).toEqual(labels);
    expect(lines[30]).toEqual({ model: lexi, layer, neuron, part: 'value', end: 'bottom', rank: 1, ...bottom[0] });

    const [header, ...records] = parseCsv(await out('csv'));
    expect(header).toEqual(Object.keys(lines[0]));
    expect(records).toEqual(lines.map((line) => Object.values(line).map(String)));

    const rows = (await out('markdown')).split('\n').filter((line) => /^\| \d/.test(line));
    expect(rows.map((row) => row.split(' | ')[1].replaceAll(/\\(.)/g, '$1'))).toEqual(labels);

    const table = (await out('table')).split('\n').filter((line) => /^ +\d+ /.test(line));
    expect(table.map((row) => row.trim().split(/\s{2,}/)[1])).toEqual(labels);
  });

  it('shows the parts of a gated neuron side by side', async () => {
    const { stdout } = await weightscope(['neuron', 'sample', '4', '100', '-k', '40', '--normalize', 'cosine']);
    expect(stdout).toMatch(/key \(reads\) +up \(reads\) +value \(writes\)/);
    for (const word of ['·Prince', '·Kings', '·King', '·castle', '·royal']) expect(stdout).toContain(`  ${word} `);
  });

  it('applies filters, and says so', async () => {
    const words = join(temporary(), 'words.txt');
    writeFileSync(words, 'king\nqueen\n\n prince \n');
    const args = ['neuron', 'sample', '4', '100', '--part', 'value', '--normalize', 'none'];
    const read = await json(...args, '--only-from', words, '--no-special', '--label', 'raw');
    expect(read.applied.filters).toEqual(['only-from', 'no-special']);
    const found = new Set(read.parts.value.top.map(({ token }: { token: string }) => token.trim().toLowerCase()));
    expect(found).toEqual(new Set(['king', 'queen', 'prince']));
    expect(read.parts.value.top[0].label).toBe('ĠPrince');
    expect((await weightscope([...args, '--only-ascii'])).stdout).toContain('only tokens that pass only-ascii');
  });
});

describe('head', () => {
  it('lists pairs, counts them and their tokens', async () => {
    const read = await json('head', 'sample', '1', '5', '--normalize', 'none', '-k', '50', '--above-rank', '200');
    expect(Object.keys(read)).toEqual(['model', 'layer', 'head', 'normalize', 'applied', 'vo', 'qk']);
    for (const matrix of ['vo', 'qk']) {
      const { pairs, count, counters, above } = read[matrix];
      expect(pairs).toHaveLength(50);
      expect(count).toBe(199);
      expect(Math.min(...pairs.map(({ score }: { score: number }) => score))).toBeGreaterThan(above);
      for (const side of ['first', 'second']) {
        expect(counters[side].reduce((sum: number, [, n]: [string, number]) => sum + n, 0)).toBe(count);
      }
      const { stdout } = await weightscope([
        'head',
        'sample',
        '1',
        '5',
        '--normalize',
        'none',
        '--matrix',
        matrix,
        '--above',
        `${above}`,
        '--count',
      ]);
      expect(stdout).toContain(`\n  ${matrix.toUpperCase()}  199\n`);
    }
  });

  it("reads what the notebook's own arithmetic reads", async () => {
    const [{ layer, head, qk }] = reference.heads;
    const read = await json('head', lexi, `${layer}`, `${head}`, '--matrix', 'qk', '-k', '20');
    const pair = ({ first, second }: Record<string, { id: number }>) => `${first.id} ${second.id}`;
    expect(read.qk.pairs.map(pair)).toEqual(qk.top.slice(0, 20).map(([i, j]: number[]) => `${i} ${j}`));
    expect(read.vo).toBeUndefined();
  });

  it('prints pairs in all formats', async () => {
    // No tokenizer there: tokens are shown by id.
    const args = ['head', tokenOnly, '1', '1', '--normalize', 'none', '--matrix', 'qk', '-k', '10'];
    const { pairs } = (await json(...args)).qk;
    const out = async (format: string) => (await weightscope([...args, '--format', format])).stdout;
    const lines = (await out('ndjson'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ first, second, score }) => ({ first, second, score }))).toEqual(pairs);
    const [header, ...records] = parseCsv(await out('csv'));
    expect(records.map((row) => row[header.indexOf('first_label')])).toEqual(
      pairs.map(({ first }: { first: { label: string } }) => first.label),
    );
    expect((await out('markdown')).split('\n').filter((line) => /^\| \d/.test(line))).toHaveLength(10);
    expect((await out('table')).split('\n').filter((line) => / → /.test(line))).toHaveLength(11);
  });
});

describe('vector', () => {
  it('reads arithmetic on tokens', async () => {
    const expression = 'tok:" king" - tok:" man" + tok:" woman"';
    const read = await json('vector', 'sample', expression, '--normalize', 'cosine', '-k', '3', '--bottom', '2');
    expect(read).toMatchObject({ model: 'sample', vector: expression, normalize: 'cosine' });
    expect(read.top[0].token).toBe(' queen');
    expect(read.bottom).toHaveLength(2);
  });

  it('reads numbers from a file and from standard input alike', async () => {
    const numbers = JSON.stringify(Array.from({ length: 192 }, (_, i) => Math.sin(i)));
    const file = join(temporary(), 'vector.json');
    writeFileSync(file, numbers);
    const fromFile = await json('vector', lexi, file, '-k', '5');
    const piped = await weightscope(['vector', lexi, '-', '-k', '5', '--json'], { input: numbers });
    expect(JSON.parse(piped.stdout).top).toEqual(fromFile.top);
    expect(fromFile.top).toHaveLength(5);
  });

  it('shows where an expression is wrong', async () => {
    const { status, stdout, stderr } = await weightscope(['vector', 'sample', 'ff:9:1.key']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      'weightscope: Expected `layer` to be 0..5, got 9. The neurons of sample are 0:0 to 5:1535. [OUT_OF_RANGE]\n  ff:9:1.key\n  ^\n',
    );
  });
});

describe('notebook', () => {
  it("shows the notebook's tables on any model", async () => {
    const args = ['notebook', lexi, '--ff', '3:763', '--ff', '4:747', '--head', '5:4', '-k', '5', '--pairs', '4'];
    const { neurons, heads } = await json(...args);
    expect(neurons.map(({ layer, neuron }: Record<string, number>) => [layer, neuron])).toEqual([
      [3, 763],
      [4, 747],
    ]);
    expect(heads[0].vo.pairs).toHaveLength(4);
    expect(heads[0].qk.count).toBe(999);
    const { stdout } = await weightscope([...args, '--compat']);
    expect(stdout).toContain('Neuron 3:763\n');
    expect(stdout).toContain("the notebook's quirks repeated");
  });

  it('checks gpt2-medium only', async () => {
    const { status, stderr } = await weightscope(['notebook', lexi, '--check']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/gpt2-medium.*\[ARGUMENT_INVALID\]\n$/);
  });
});

describe('normalisers', () => {
  it('writes what the reference has, and prints a summary', async () => {
    const file = join(temporary(), 'freq.safetensors');
    const { status, stdout } = await weightscope(['normalisers', lexi, '-o', file]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/ff\.key +relu/);
    const ours = parseSafetensors(readFileSync(file));
    const theirs = parseSafetensors(readFileSync(join(fixtures, 'reference/lexi/freq.safetensors')));
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
    for (const [name, { data }] of theirs) {
      const worst = Math.max(...data.map((f, i) => Math.abs(ours.get(name)!.data[i] / f - 1)));
      expect(worst, name).toBeLessThan(1e-4);
    }
  });
});

describe('parameters', () => {
  it.each(['llama', 'gpt2', 'bert'])('writes the arrays of %s under uniform names', async (name) => {
    const folder = temporary();
    const file = join(folder, 'out.safetensors');
    const { status, stdout, stderr } = await weightscope([
      'parameters',
      join(fixtures, 'architectures', name),
      '-o',
      file,
    ]);
    expect([status, stdout, stderr]).toEqual([0, '', '']);
    expect(readdirSync(folder)).toEqual(['out.safetensors']);
    const ours = parseSafetensors(readFileSync(file));
    const theirs = parseSafetensors(readFileSync(join(fixtures, 'architectures', name, 'expected.safetensors')));
    for (const [parameter, { shape, data }] of theirs) {
      const own = ours.get(parameter);
      if (!own && parameter.endsWith('_bias') && data.every((x) => x === 0)) continue;
      expect(own?.shape, parameter).toEqual(shape);
      const worst = Math.max(...data.map((x, i) => Math.abs(x - own!.data[i])));
      expect(worst, parameter).toBeLessThan(1e-5);
    }
  });

  it('lists them, of chosen layers', async () => {
    const { parameters } = await json('parameters', lexi, '--layers', '0,4-5');
    const layers = new Set(parameters.map(({ name }: { name: string }) => /^layer\.(\d+)/.exec(name)?.[1]));
    expect(layers).toEqual(new Set([undefined, '0', '4', '5']));
    const row = parameters.find(({ name }: { name: string }) => name === 'layer.4.attn.q');
    expect(row).toEqual({ name: 'layer.4.attn.q', shape: [6, 192, 32], tensors: [expect.any(String)] });
  });
});

describe('two models and an adapter', () => {
  const [base, adapter, merged] = ['base', 'adapter', 'merged'].map((part) => join(fixtures, 'adapters/lora', part));

  it.each([
    ['neuron', ['0', '1'], 'The key of this neuron', 'key (reads)'],
    ['head', ['0', '1'], 'The QK of this head', '→ #'],
    ['vector', ['ff:0:1.key'], 'This vector', 'highest'],
  ])('says of a %s of a model without itself that nothing differs', async (command, place, what, listed) => {
    const { stdout } = await weightscope([command, base, ...place, '--minus', base]);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`${what} did not change: all its scores are 0.`);
    expect(stdout).not.toContain(listed);
  });

  it('says once why no module of an adapter has a place', async () => {
    const { stdout } = await weightscope(['adapter', 'sample', adapter]);
    expect(stdout.match(/the base is a GGUF file/g)).toHaveLength(1);
    expect(stdout.match(/ the same$/gm)).toHaveLength(6);
  });

  it('heads the bars of changes, and leads models of other shapes to what compares them', async () => {
    const { stdout } = await weightscope(['diff', base, merged, '--neurons', '0', '--heads', '0']);
    expect(stdout).toMatch(/^ {2}parameter .* largest, as a bar\n.* \++\n/m);
    const other = await weightscope(['diff', lexi, 'sample', '--neurons', '0', '--heads', '0']);
    expect(other.stdout).toMatch(/weightscope\s+align.*weightscope\s+kinship/s);
  });

  it('explains the names of parameters that readings leave out', async () => {
    expect((await weightscope(['explain', 'norm.final'])).stdout).toMatch(/^gain\n/);
  });
});
