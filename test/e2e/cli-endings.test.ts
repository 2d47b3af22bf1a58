import { spawn } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environment, fixtures, lexi, main, parseCsv, temporary, weightscope } from './run-cli.ts';

/** Where the built command writes, and what it says when something is wrong. */

const tokenOnly = join(fixtures, 'architectures/llama');
const esc = String.fromCharCode(27);

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

  it.each([
    ['--no-open', "Unknown option '--no-open': --open is off unless it is given, so leave '--no-open' out."],
    ['--atlas', "Unknown option '--atlas': that is so unless --no-atlas is given, so leave '--atlas' out."],
  ])('says of %s that it is so anyway', async (flag, sentence) => {
    const { status, stderr } = await weightscope(['explore', 'sample', flag]);
    expect([status, stderr.split('\n')[0]]).toEqual([2, `weightscope: ${sentence} [USAGE]`]);
  });

  it.each([
    [
      'head sample 1 5 --exclude same',
      "Unknown option '--exclude': is --exclude-same or --exclude-fuzzy or --exclude-brackets meant?",
    ],
    ['neuron sample 0 1 --top 5', "Unknown option '--top': is -k meant?"],
    ['neuron sample 0 1 --k 5', "Unknown option '--k': is -k meant?"],
    ['neuron sample 0 1 -only-alnum', "Unknown option '-only-alnum': is --only-alnum meant?"],
    ['neuron sample 0 1 -bottom=5', "Unknown option '-bottom': is --bottom meant?"],
  ])('says what is meant by %s', async (line, sentence) => {
    const { status, stderr } = await weightscope(line.split(' '));
    expect([status, stderr.split('\n')[0]]).toEqual([2, `weightscope: ${sentence} [USAGE]`]);
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
    ['USAGE', 2, ['unknown', '--help']],
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
    [['neuron', 'sample'], 'weightscope neuron [options] <model> <layer> <index> | <layer:index>'],
    [['head', 'sample', 'a', '5'], 'weightscope head [options] <model> <layer> <head> | <layer:head>'],
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
    [['info', 'smaple'], 'weightscope: Nothing is at "smaple" here (is `sample` meant?); as a hub id: The hub at'],
    [['neuron', 'sample', '9', '381'], 'to be 0..5, got 9. The neurons of sample are 0:0 to 5:1535. ['],
    [['head', 'sample', '0', '9'], 'to be 0..8, got 9. The heads of sample are 0:0 to 5:8. ['],
    [['nuron', 'sample', '4', '100'], 'Did you mean neuron?'],
    [['head', 'sample', '1', '5', '--matrx', 'vo'], 'Did you mean --matrix?'],
    [['neuron', 'sample', '4', '100', '--part', 'key,vlaue'], '(is `value` meant?)'],
    [['neuron', 'sample', '4', '100', '--normalize', 'frec'], '(is `freq` meant?)'],
    [['head', 'sample', '1', '5', '--matrix', 'ov'], '(is `vo` meant?)'],
    [['completion', 'bsh'], '(is `bash` meant?)'],
    [['infoo', '--help'], "Unknown command 'infoo' (Did you mean info?)"],
    [['help', 'find'], "Unknown command 'find'; it is `weightscope atlas search ATLAS WORDS`."],
    [['atlas', 'serch', '-h'], "Unknown command 'serch' (Did you mean search?)"],
    [['neuron', 'sample', '381'], 'as LAYER INDEX, 4:1 or L4N1 behind the model, got "381" alone (is 0:381 meant?)'],
    [['neuron', 'sample', '4:'], 'as LAYER INDEX, 4:1 or L4N1 behind the model, got "4:".'],
    [['head', 'sample', 'a', '5'], 'Expected a head as LAYER INDEX, 4:1 or L4H1 behind the model, got "a 5".'],
    [['align', 'sample', 'sample', '-o', 'heat.pdf'], '.txt, .svg, got heat.pdf; its picture is written as .svg. ['],
    [['info', join(fixtures, 'adapters/lora/adapter')], '`weightscope adapter BASE ADAPTER` reads it on its base'],
    [['info', 'sample', '-o', 'heat.svg'], 'this command draws no picture'],
    [['vector', 'sample', 'king'], `is the token 'tok:" king"' meant?`],
    [
      ['vector', 'sample', 'tok: king'],
      `whose quotes may be lost to the shell; write 'tok:" king"', with single quotes`,
    ],
    [['vector', 'sample', 'tok: king', '-', 'tok: man'], `write 'tok:" king" - tok:" man"', with single quotes`],
    [['head', '1', '5'], 'was the model forgotten (`weightscope head sample 1 5`)?'],
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
    it.each([
      ['parameters', 'out.safetensors'],
      ['site', 'site'],
    ])('ends %s at once with 130 and leaves nothing half-written', async (command, name) => {
      const folder = temporary();
      // The temporary file shows that the run is in the middle of its work.
      const begun = new Promise<void>((resolve) => watch(folder, () => resolve()).unref());
      const child = spawn(process.execPath, [main, command, 'sample', '-o', join(folder, name)], {
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
