import { spawn } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  environment,
  fixtures,
  json,
  lexi,
  main,
  parseCsv,
  parseSafetensors,
  temporary,
  weightscope,
} from './run-cli.ts';

const reference = JSON.parse(readFileSync(join(fixtures, 'reference/lexi/reference.json'), 'utf8'));
const tokenOnly = join(fixtures, 'architectures/llama');
const esc = String.fromCharCode(27);

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
    expect(stderr).toBe('weightscope: Expected `layer` to be 0..5, got 9. [OUT_OF_RANGE]\n  ff:9:1.key\n  ^\n');
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

describe('what is written where', () => {
  const small = ['neuron', 'sample', '4', '100', '-k', '3', '--normalize', 'none'];

  it('writes a file whole, in the format its name says, and nothing on standard output', async () => {
    const folder = temporary();
    for (const name of ['out.csv', 'out.json', 'out.md']) {
      const { status, stdout, stderr } = await weightscope([...small, '-o', join(folder, name)]);
      expect([status, stdout, stderr]).toEqual([0, '', '']);
    }
    expect(readdirSync(folder).sort()).toEqual(['out.csv', 'out.json', 'out.md']);
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    expect(JSON.parse(read('out.json')).neuron).toBe(100);
    expect(parseCsv(read('out.csv'))).toHaveLength(10);
    expect(read('out.md')).toMatch(/^## /);
  });

  it('colours only where it is asked to or may', async () => {
    expect((await weightscope(small)).stdout).not.toContain(esc);
    expect((await weightscope(small, { env: { FORCE_COLOR: '1' } })).stdout).toContain(`${esc}[1m`);
    expect((await weightscope(small, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stdout).not.toContain(esc);
  });

  it('keeps to the width it is given', async () => {
    const { stdout } = await weightscope(small, { env: { COLUMNS: '40' } });
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  it.skipIf(process.platform === 'win32')(
    'ends quietly when its reader goes away (no shell pipes on Windows)',
    async () => {
      const command = `"$NODE" "$MAIN" parameters sample --json | head -c 20; echo " \${PIPESTATUS[0]}"`;
      const child = spawn('bash', ['-c', command], { env: environment({ NODE: process.execPath, MAIN: main }) });
      let out = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text) => {
          out += text;
        });
      await new Promise((resolve) => child.on('close', resolve));
      expect(out.replaceAll(/\s+/g, '')).toBe('{"model":"sample0');
    },
  );
});

describe('what goes wrong', () => {
  const folder = temporary();
  const at = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const weights = readFileSync(join(fixtures, 'architectures/llama/model.safetensors'));
  copyFileSync(join(fixtures, 'architectures/llama/config.json'), join(folder, 'config.json'));
  const neuron = ['neuron', 'sample', '4', '100'];

  it('says nothing of lists that were not asked for', async () => {
    const none = await weightscope(['neuron', 'sample', '4', '100', '-k', '0']);
    expect(none.stdout).toContain('No tokens were asked for');
    expect(none.stdout).not.toContain('key (reads)');
    const head = await weightscope(['head', 'sample', '1', '5', '--matrix', 'vo', '-k', '0']);
    expect(head.stdout).toContain('268,435,456');
    expect(head.stdout).not.toContain('first');
  });

  it('takes help and -v as well as --help and --version', async () => {
    const [help, own] = [await weightscope(['help', 'neuron']), await weightscope(['neuron', '--help'])];
    expect([help.status, help.stdout]).toEqual([0, own.stdout]);
    expect((await weightscope(['help'])).stdout).toBe((await weightscope(['--help'])).stdout);
    expect((await weightscope(['help', 'atlas', 'search'])).stdout).toContain('weightscope atlas search [options]');
    expect((await weightscope(['-v'])).stdout).toBe((await weightscope(['--version'])).stdout);
  });

  it.each<[string, number, string[]]>([
    ['USAGE', 2, ['unknown']],
    ['USAGE', 2, ['neuron', 'sample', '4']],
    ['USAGE', 2, [...neuron, '7']],
    ['USAGE', 2, ['neuron', 'sample', 'four', '100']],
    ['USAGE', 2, [...neuron, '--bogus']],
    ['USAGE', 2, [...neuron, '--format', 'xml']],
    ['USAGE', 2, [...neuron, '--json', '--format', 'csv']],
    ['USAGE', 2, [...neuron, '-k', '-3']],
    ['USAGE', 2, [...neuron, '--part', 'keys']],
    ['USAGE', 2, ['head', 'sample', '1', '5', '--above', 'high']],
    ['USAGE', 2, ['head', 'sample', '1', '5', '--count', '--sort', 'vo']],
    ['USAGE', 2, ['head', 'sample', '1', '5', '--count', '--other']],
    ['USAGE', 2, ['head', 'sample', '1', '5', '--above-rank', '0']],
    ['ARGUMENT_INVALID', 1, ['head', 'sample', '1', '5', '--above', '200', '--below', '100']],
    ['USAGE', 2, ['parameters', 'sample', '--layers', '3-1']],
    ['USAGE', 2, ['notebook', 'sample', '--ff', '3']],
    ['USAGE', 2, ['completion', 'tcsh']],
    ['OUT_OF_RANGE', 1, ['neuron', 'sample', '6', '0', '--normalize', 'none']],
    ['OUT_OF_RANGE', 1, ['neuron', 'sample', '-1', '0', '--normalize', 'none']],
    ['OUT_OF_RANGE', 1, ['neuron', 'sample', '0', '1536', '--normalize', 'none']],
    ['OUT_OF_RANGE', 1, ['head', 'sample', '0', '9', '--normalize', 'none']],
    ['OUT_OF_RANGE', 1, ['parameters', 'sample', '--layers', '5-6']],
    ['ARGUMENT_INVALID', 1, ['neuron', lexi, '0', '0', '--part', 'up', '--normalize', 'none']],
    ['TOKEN_UNKNOWN', 1, ['vector', 'sample', 'tok:" kingkongs"']],
    ['EXPRESSION_INVALID', 1, ['vector', 'sample', 'tok:" king" +']],
    ['TENSOR_MISSING', 1, ['vector', 'sample', 'tensor:nothing[0]']],
    ['SOURCE_NOT_FOUND', 1, ['vector', 'sample', join(folder, 'nothing.npy')]],
    ['FORMAT_INVALID', 1, ['vector', 'sample', at('words.json', '["king"]')]],
    ['TENSOR_SHAPE', 1, ['vector', 'sample', at('short.json', '[1, 2, 3]')]],
    ['SOURCE_NOT_FOUND', 1, ['info', join(folder, 'nothing')]],
    ['SOURCE_NOT_FOUND', 1, [...neuron, '--only-from', join(folder, 'nothing.txt')]],
    ['LFS_POINTER', 1, ['info', at('lfs.safetensors', `version https://git-lfs.github.com/spec/v1\nsize 123456\n`)]],
    ['FORMAT_UNKNOWN', 1, ['info', at('noise.safetensors', 'this is no model of any kind')]],
    ['FORMAT_INVALID', 1, ['info', at('cut.safetensors', weights.subarray(0, weights.length - 100))]],
    ['TOKENIZER_MISSING', 1, ['neuron', tokenOnly, '0', '0', '--only-ascii', '--normalize', 'none']],
    ['ENGINE_UNAVAILABLE', 1, [...neuron, '--engine', 'steam']],
    ['OUTPUT_UNWRITABLE', 1, ['info', 'sample', '-o', join(folder, 'no/such/folder/out.json')]],
    ['OUTPUT_UNWRITABLE', 1, ['parameters', tokenOnly, '-o', join(folder, 'no/such/folder/out.safetensors')]],
  ])('%s ends with %i: %j', async (code, status, args) => {
    const run = await weightscope(args);
    expect(run.stdout).toBe('');
    const [first, ...rest] = run.stderr.trimEnd().split('\n');
    expect(first).toMatch(new RegExp(`^weightscope: [A-Z\`].* \\[${code}\\]$`));
    // Where an expression is wrong it is shown, with a caret.
    expect(rest.every((line) => line.startsWith('  ')) && rest.length <= 2).toBe(true);
    expect(run.status).toBe(status);
  });

  it.each([
    [['neuron', 'sample'], 'weightscope neuron [options] <model> <layer> <index>'],
    [['atlas', 'serch', 'x'], 'weightscope atlas [options] [command]'],
    [['atlas', 'search', folder], 'weightscope atlas search [options] <folder> [text...]'],
    [['explain', 'frq'], 'weightscope explain [options] [term...]'],
  ])('says how a command is used that was used wrongly: %j', async (args, usage) => {
    const { status, stderr } = await weightscope(args);
    const command = usage.replace(/ [[<].*/, '');
    expect([status, stderr.split('\n').slice(1)]).toEqual([
      2,
      [`  Usage: ${usage}`, `  \`${command} --help\` says more.`, ''],
    ]);
  });

  it.each([
    [['explain', 'frq'], '(is `freq` meant?)'],
    [['vector', 'sample', 'layer.0.norm.atn'], '(is `layer.0.norm.attn` meant?)'],
    [['vector', 'sample', 'tensor:blk.0.attn_k.wight[0]'], '(is `blk.0.attn_k.weight` meant?)'],
    [['info', 'smaple'], '(is `sample` meant?)'],
    [['nuron', 'sample', '4', '100'], 'Did you mean neuron?'],
    [['head', 'sample', '1', '5', '--matrx', 'vo'], 'Did you mean --matrix?'],
    [['vector', 'sample', 'king'], 'is the token tok:" king" meant?'],
  ])('asks what is meant: %j', async (args, question) => {
    // No hub is there to be asked, on a port that fetch would not refuse by itself.
    const { stderr } = await weightscope(args, { env: { HF_ENDPOINT: 'http://127.0.0.1:2' } });
    expect(stderr).toContain(question);
  });

  it('refuses more pairs than it can hold before any work', async () => {
    const { status, stderr } = await weightscope(['head', 'sample', '1', '5', '-k', '300000000']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('at most 2,000,000 pairs; --above and --count')]);
  });

  it('shows a stack only to who debugs it', async () => {
    const debug = await weightscope(['neuron', 'sample', '6', '0'], { env: { DEBUG: 'weightscope' } });
    expect(debug.stderr).toMatch(/\[OUT_OF_RANGE\]\n.*\n {4}at /);
  });
});

describe.skipIf(process.platform === 'win32')(
  'interruption (skipped on Windows, which has no SIGINT for child processes)',
  () => {
    it('ends at once with 130 and leaves no half-written file', async () => {
      const folder = temporary();
      // The temporary file shows that the run is in the middle of its work.
      const begun = new Promise<void>((resolve) => watch(folder, () => resolve()).unref());
      const child = spawn(process.execPath, [main, 'parameters', 'sample', '-o', join(folder, 'out.safetensors')], {
        env: environment(),
      });
      const ended = new Promise((resolve) => child.on('close', (status) => resolve(status)));
      await begun;
      child.kill('SIGINT');
      expect(await ended).toBe(130);
      expect(readdirSync(folder)).toEqual([]);
    });
  },
);
