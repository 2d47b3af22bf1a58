import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../packed.ts';

/** The built program; WEIGHTSCOPE_MAIN names another one, such as an installed one. */
export const main = process.env.WEIGHTSCOPE_MAIN ?? join(root, 'dist/cli/main.js');
export const fixtures = join(root, 'test/fixtures');
export const lexi = join(fixtures, 'lexi');

/** A new folder for what a test writes. */
export const temporary = (): string => mkdtempSync(join(tmpdir(), 'weightscope-cli-'));

/** Normalisers are computed once per test file. */
const cache = temporary();

export interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string | Uint8Array;
  env?: Record<string, string>;
}

/** The environment of a run: no colours, no settings of whoever runs the tests. */
export function environment(extra: Record<string, string> = {}): Record<string, string> {
  const { PATH = '', HOME = '', SystemRoot = '' } = process.env;
  return { PATH, HOME, SystemRoot, XDG_CACHE_HOME: cache, ...extra };
}

/** Leaves out of what a run says on standard error how far work is that takes more than four seconds. */
export const withoutProgress = (stderr: string): string => stderr.replace(/^\d+ %, .*\n/gm, '');

/** Leaves out what the machine has a run say: its progress, and that the native engine's addon is damaged. */
export const withoutMachine = (stderr: string): string =>
  withoutProgress(stderr).replace(
    /^The native engine's addon .* does not load .* Going on without the native engine\.\n/,
    '',
  );

/** Runs the built command line in a process of its own. */
export function weightscope(args: readonly string[], { input, env }: RunOptions = {}): Promise<Run> {
  if (!existsSync(main)) throw new Error(`Expected the built program at ${main}; run "npm run build" first.`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { env: environment(env) });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr: withoutMachine(stderr) }));
    child.stdin.on('error', () => {}); // A run that fails early does not read what it is given.
    child.stdin.end(input);
  });
}

/** The result of a run that must succeed and say nothing else, as JSON. */
export async function json(...args: string[]) {
  const { status, stdout, stderr } = await weightscope([...args, '--json']);
  if (status !== 0 || stderr !== '') throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** Records of a comma-separated file, as RFC 4180 has it. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/y;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (!match) throw new Error(`Not RFC 4180: ${text.slice(0, 200)}`);
    rows[rows.length - 1].push(match[1]?.replaceAll('""', '"') ?? match[2]);
    if (match[3] === '\r\n') rows.push([]);
  }
  if (rows[rows.length - 1].length === 0) rows.pop();
  return rows;
}

/** Tensors of a safetensors file, fp32, read with nothing of the project's. */
export function parseSafetensors(bytes: Uint8Array): Map<string, { shape: number[]; data: Float32Array }> {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const [name, { dtype, shape, data_offsets: at }] of Object.entries<Record<string, never>>(header)) {
    if (name === '__metadata__') continue;
    if (dtype !== 'F32') throw new Error(`${name} is ${dtype}, not F32`);
    const raw = new Uint8Array(bytes.subarray(8 + length + at[0], 8 + length + at[1]));
    tensors.set(name, { shape, data: new Float32Array(raw.buffer) });
  }
  return tensors;
}
