import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { environment, main, parseSafetensors, temporary, weightscope, withoutProgress } from './run-cli.ts';

const folder = temporary();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const reading = ['neuron', 'sample', '4', '100', '-k', '2000', '--normalize', 'none'];

interface Ended {
  status: number | null;
  stderr: string;
}

/** A run through a shell that sets a limit first; `stdout` is a file's descriptor. */
function limited(limit: string, args: readonly string[], stdout: number | 'ignore' = 'ignore'): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const command = `${limit}; exec "$0" "$@"`;
    const child = spawn('sh', ['-c', command, process.execPath, main, ...args], {
      env: environment(),
      stdio: ['ignore', stdout, 'pipe'],
    });
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stderr: withoutProgress(stderr) }));
  });
}

// A limit on the size of files fails as a nearly full disk does: a write takes a part of what it is given, the next
// none.
const SMALL_FILES = "trap '' XFSZ; ulimit -f 16";

describe.skipIf(process.platform === 'win32')('where a file has no room for all (no such limits on Windows)', () => {
  it.each(['json', 'csv', 'ndjson', 'md', 'txt'])('leaves no part of a .%s, and fails', async (ending) => {
    const file = join(folder, `part.${ending}`);
    const { status, stderr } = await limited(SMALL_FILES, [...reading, '-o', file]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('[OUTPUT_UNWRITABLE]')]);
    expect(stderr.split('\n')).toHaveLength(2);
    expect(readdirSync(folder).filter((name) => name.startsWith('part'))).toEqual([]);
    expect(existsSync(file)).toBe(false);
  });

  it('leaves no part of arrays', async () => {
    const file = join(folder, 'arrays.safetensors');
    const { status, stderr } = await limited(SMALL_FILES, ['parameters', 'sample', '--layers', '0', '-o', file]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('[OUTPUT_UNWRITABLE]')]);
    expect(readdirSync(folder).filter((name) => name.startsWith('arrays'))).toEqual([]);
  });

  it('fails where standard output is a file', async () => {
    const to = openSync(join(folder, 'stdout.json'), 'w');
    const { status, stderr } = await limited(SMALL_FILES, [...reading, '--json'], to);
    closeSync(to);
    expect([status, stderr]).toEqual([1, expect.stringContaining('standard output')]);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it.skipIf(process.platform !== 'linux')(
    'fails where standard output is a full device (only Linux has one)',
    async () => {
      const full = openSync('/dev/full', 'w');
      for (const args of [[...reading, '--json'], ['--help'], ['completion', 'bash']]) {
        const { status, stderr } = await limited('true', args, full);
        expect([status, stderr.split('\n').length]).toEqual([1, 2]);
        expect(stderr).toContain('[OUTPUT_UNWRITABLE]');
      }
      closeSync(full);
    },
  );
});

describe('the name of an output', () => {
  it.each([
    [[...reading, '-o', 'x.xlsx'], '.json, .ndjson, .jsonl, .csv, .md, .txt'],
    [['parameters', 'sample', '-o', 'n.csv'], '.safetensors'],
    [['normalisers', 'sample', '-o', 'n.npz'], '.safetensors'],
  ])('%s is refused with what can be written', async (args, known) => {
    const { status, stderr } = await weightscope(args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(known)]);
    expect(existsSync(args.at(-1)!)).toBe(false);
  });

  it('is standard output where it is -', async () => {
    const json = await weightscope([...reading, '--json', '-o', '-']);
    expect(JSON.parse(json.stdout).neuron).toBe(100);
    expect(existsSync('-')).toBe(false);
    const file = join(folder, 'one.safetensors');
    await weightscope(['parameters', 'sample', '--layers', '0', '-o', file]);
    const piped = join(folder, 'piped.safetensors');
    const to = openSync(piped, 'w');
    await limited('true', ['parameters', 'sample', '--layers', '0', '-o', '-'], to);
    closeSync(to);
    expect(readFileSync(piped).equals(readFileSync(file))).toBe(true);
    expect(parseSafetensors(readFileSync(piped)).get('layer.0.attn.q')?.shape).toEqual([9, 576, 64]);
  });
});
