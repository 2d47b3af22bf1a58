import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../packed.ts';
import { environment, lexi, main, temporary, weightscope } from './run-cli.ts';

// What people type in their first hour, and what they are told.

const refused = async (...args: string[]) => {
  const { status, stdout, stderr } = await weightscope(args);
  expect([stdout, status === 0], args.join(' ')).toEqual(['', false]);
  return stderr;
};

describe('options that have no effect together are refused', () => {
  it.each([
    ['head --above 200 --below 100', 'no score is between them'],
    ['head --above-rank 0', 'Expected a whole number, 1 or more'],
    ['head --count --other', "'--count' cannot be used with option '--other'"],
    ['head --count --exclude-same', "cannot be used with option '--exclude-same'"],
    ['head --count --exclude-fuzzy', "cannot be used with option '--exclude-fuzzy'"],
    ['head --count --per-first 3', "cannot be used with option '--per-first <n>'"],
    ['head --count --ascending', "cannot be used with option '--ascending'"],
    ['head --count --compare-fold', "cannot be used with option '--compare-fold'"],
    ['head --count --label raw', "cannot be used with option '--label <style>'"],
    ['head --count --no-chance', "cannot be used with option '--no-chance'"],
    ['head --count -k 5', "cannot be used with option '-k <n>'"],
    ['head --above 3 --above-rank 5', "cannot be used with option '--above <score>'"],
    ['head --per-second 0', 'Expected a whole number, 1 or more'],
    ['head --normalize cosine --approximate', 'Expected `freq` for --approximate'],
    ['neuron --normalize none --preview', 'Expected `freq` for --preview'],
    ['vector --preview --approximate', "'--preview' cannot be used with option '--approximate'"],
  ])('%s', async (line, message) => {
    const [command, ...flags] = line.split(' ');
    const what = command === 'vector' ? ['tok:" king"'] : ['2', '1'];
    expect(await refused(command, lexi, ...what, ...flags)).toContain(message);
  });

  it.each([
    ['notebook --check --ff 1:2', "'--check' cannot be used with option '--ff <layer:index>'"],
    ['notebook --check --normalize none', "'--check' cannot be used with option '--normalize <how>'"],
    ['notebook --check --no-special', "'--check' cannot be used with option '--no-special'"],
    ['relations --label raw', "Unknown option '--label'"],
    ['atlas build -o nowhere --queue redis://x --engine wasm', "cannot be used with option '--engine <name>'"],
    ['atlas build -o nowhere --what neurons --pairs 5', 'Expected heads in --what beside --pairs'],
    ['atlas plan --what statistics --columns 5', 'Expected neurons or heads in --what beside --columns'],
    ['atlas plan --engine wasm', 'Expected --measure beside --engine'],
    ['statistics -k 0', 'Expected a whole number, 1 or more'],
    ['statistics -k 3 --json', 'Expected -k of a table, got it with json, which has every row; leave -k out.'],
    ['statistics -k 3 -o nowhere.csv', 'Expected -k of a table, got it with csv'],
    ['relations -k 0', 'Expected a whole number, 1 or more'],
  ])('%s', async (line, message) => {
    const [command, ...words] = line.split(' ');
    const [verb, flags] = command === 'atlas' ? [words.slice(0, 1), words.slice(1)] : [[], words];
    expect(await refused(command, ...verb, lexi, ...flags)).toContain(message);
    expect(existsSync('nowhere')).toBe(false);
  });

  // None would read as if nothing had been found.
  it.each(['search x king', 'neurons x', 'heads x', 'relations x', 'compositions x', 'similar x 1:2', 'diff x y'])(
    'atlas %s -k 0',
    async (line) => {
      expect(await refused('atlas', ...line.split(' '), '-k', '0')).toContain('Expected a whole number, 1 or more');
    },
  );

  it.each(['-k 3', '--no-special', '--only-alnum', '--report r.html', '--exit-code'])(
    'adapter --merge %s, which is for the report that merging does not give',
    async (flag) => {
      const folder = join(temporary(), 'merged');
      const [base, adapter] = ['base', 'adapter'].map((part) => join(root, 'test/fixtures/adapters/lora', part));
      const said = await refused('adapter', base, adapter, '--merge', '-o', folder, ...flag.split(' '));
      expect(said).toContain(`Option '--merge' cannot be used with option '${flag.split(' ')[0]}`);
      expect(existsSync(folder)).toBe(false);
    },
  );

  it('an option that another one is for', async () => {
    const folder = join(temporary(), 'atlas');
    expect(await refused('atlas', 'build', lexi, '-o', folder, '--patience', '5')).toContain('Expected --queue beside');
    expect(existsSync(folder)).toBe(false);
    expect(await refused('vector', lexi, 'tok:" king"', '--tensor', 'x')).toContain('.safetensors file for --tensor');
  });
});

describe('what is mistyped', () => {
  it('a layer kind, a part, a parameter or a command is guessed', async () => {
    const said = (expression: string) => refused('vector', lexi, expression);
    expect(await said('haed:0:1.q[0]')).toContain('is `head:` meant?');
    expect(await said('neuron:0:1.value')).toContain('is `ff:` meant?');
    expect(await said('ff:0:1.vlue')).toContain('(is `.value` meant?)');
    expect(await said('layer.0.norm.atn')).toContain('(is `layer.0.norm.attn` meant?)');
    expect(await said('king')).toContain(`is the token 'tok:" king"' meant?`);
    expect(await refused('neruon', lexi, '0', '1')).toContain('Did you mean neuron?');
    expect(await refused('atlas', 'serch', 'x')).toContain('Did you mean search?');
    expect(await refused('head', lexi, '1', '2', '--abve', '3')).toContain('Did you mean --above?');
  });

  it('what looks like a place and is none is told how places are written', async () => {
    for (const place of ['4.100', 'L4', '4:'])
      expect(await refused('neuron', lexi, place)).toContain('Expected a neuron as LAYER INDEX, 4:1 or L4N1');
    expect(await refused('neuron', lexi, '1:5:3')).toContain('Expected `expert` to be nothing (the model has none)');
    expect(await refused('head', lexi, 'L1N5')).toContain('`weightscope neuron` reads it');
  });
});

it('a picture that a command does not draw is refused with who draws it', async () => {
  for (const name of ['n.svg', 'n.png', 'n.pdf'])
    expect(await refused('neuron', lexi, '0:1', '-o', name)).toContain(
      `got ${name}; this command draws no picture: the page does, open it with \`weightscope explore MODEL\``,
    );
  expect(await refused('neuron', lexi, '0:1', '-o', 'n.xlsx')).toContain('--format says it for any name');
});

it('a flag is explained by its name, dashes or not', async () => {
  for (const name of ['only-alnum', '--only-alnum', 'ONLY_ALNUM']) {
    const { stdout } = await weightscope(['explain', name]);
    expect(stdout).toContain('Only tokens that pass: letters and digits of any script. A flag of neuron, head');
  }
  // A word of the glossary is that word; with dashes it is the flag.
  expect((await weightscope(['explain', 'engine'])).stdout).toContain('What computes');
  expect((await weightscope(['explain', '--engine'])).stdout).toMatch(/A flag of\s+info/);
  expect((await weightscope(['explain', 'freq', '--json'])).stdout).toContain('"name": "freq"');
});

it('Ctrl-C of a build says --resume, which goes on', async () => {
  const folder = join(temporary(), 'atlas');
  const child = spawn(process.execPath, [main, 'atlas', 'build', lexi, '-o', folder], { env: environment() });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  // Something is done when the first table has a file.
  while (child.exitCode === null && !(existsSync(folder) && readdirSync(folder).length > 1))
    await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(said).toContain(`Interrupted; what is done stays in ${folder}: the same command with --resume goes on.`);
  expect(await weightscope(['atlas', 'build', lexi, '-o', folder, '--resume'])).toMatchObject({ status: 0 });
}, 300_000);

it('what takes long says how far it is in a log too, in lines and not on standard output', async () => {
  const args = ['atlas', 'build', 'sample', '-o', join(temporary(), 'atlas')];
  const child = spawn(process.execPath, [main, ...args], { env: environment() });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  const said = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').once('data', resolve);
    child.on('close', () => reject(new Error('It ended before it had said anything.')));
  });
  child.kill();
  // Where this process is late there are several lines.
  expect(said).toMatch(/^(\d+ %, \w.*(, \d+ (s|min) left)?\n)+$/);
  expect(printed).toBe('');
}, 300_000);

it('relations and compositions of an atlas without statistics say how to get them', async () => {
  const folder = join(temporary(), 'atlas');
  const built = ['atlas', 'build', lexi, '-o', folder, '--layers', '0', '--what', 'heads', '--pairs', '5'];
  expect((await weightscope(built)).status).toBe(0);
  for (const verb of ['relations', 'compositions'])
    expect(await refused('atlas', verb, folder)).toContain('build one with --what neurons,heads,directions,statistics');
}, 300_000);

it('sums of tokens say which normaliser to take, until one is taken', async () => {
  const hint = '`cosine` is the usual normaliser for sums of tokens';
  const said = async (...args: string[]) => {
    const { stdout } = await weightscope(['vector', lexi, ...args, '-k', '1']);
    return stdout.replaceAll(/\s+/g, ' ').includes(hint);
  };
  expect(await said('tok:#5 + tok:#6')).toBe(true);
  expect(await said('tok:#5 + tok:#6', '--normalize', 'cosine')).toBe(false);
  expect(await said('ff:2:7.value')).toBe(false);
});

it('files that hold no vector get a true sentence', async () => {
  const folder = temporary();
  const file = (name: string, contents: string) => {
    writeFileSync(join(folder, name), contents);
    return join(folder, name);
  };
  const said = (name: string, contents: string) => refused('vector', lexi, file(name, contents));
  expect(await said('v.npz', 'PK')).toContain('numpy.save writes one');
  expect(await said('v.txt', '1 2 3')).toContain('Expected a vector in a .npy, .safetensors or .json file, got ');
  expect(await said('v.json', '{"a":1}')).toContain('found a JSON object: write its numbers as an array');
  expect(await refused('vector', lexi, 'pos:1000000')).toContain('Expected');
});
