import { createReadStream, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stitching } from '../compare/stitch.ts';
import type { Engine } from '../engine/engine.ts';
import { WeightscopeError } from '../errors.ts';
import type { TensorToWrite } from '../formats/safetensors/write.ts';
import type { Model } from '../model/types.ts';
import { factsOf, readOptions, type Said, type Shape } from '../questions/parameters.ts';
import { printable } from '../quote.ts';
import type { ReadOptions } from '../reading/types.ts';
import { checkWritable, writeFileWhole } from '../source/whole-file.node.ts';
import { readGivenLines, readGivenText } from './given.ts';
import { onInterrupt, signal } from './interrupt.ts';
import type { ChangeFlags, EngineFlags, OutputFlags } from './options.ts';
import {
  checkPage,
  formatByName,
  formatOf,
  isPicture,
  print,
  STANDARD_OUTPUT,
  writePage,
  writePicture,
} from './output/print.ts';
import { noProgress, type Progress, progressBar, progressLog } from './output/progress.ts';
import type { Report } from './output/report.ts';
import { writeOut } from './output/standard.ts';
import { terminalOf } from './output/terminal.ts';
import { previewHint } from './preview-hint.ts';

/** What a command works with; closed when it is done. */
export interface Context {
  model: Model;
  /** The one that was asked for; undefined: the library's choice. */
  engine: Engine | undefined;
  signal: AbortSignal;
  progress: (done: number, what: string) => void;
}

/** What a command that reads a model may have been told. `mayPreview`: it has `--preview`, and was not told so. */
type ReadingFlags = EngineFlags &
  OutputFlags &
  ChangeFlags & { ranges?: boolean; space?: string; mayPreview?: boolean };

/** Opens the model, runs `work`, closes everything. Shows progress on standard error. */
export async function withModel<T>(
  name: string,
  flags: ReadingFlags,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  if (toFile(flags)) await checkWritable(flags.output);
  const progress = progressFor(flags);
  const forget = onInterrupt(() => progress.stop());
  const hint = flags.mayPreview
    ? previewHint((text) => {
        progress.stop();
        remark(text, flags);
      })
    : undefined;
  const report = (done: number, what: string) => {
    progress.report(done, what);
    hint?.(done, what);
  };
  let model: Model | undefined;
  let engine: Engine | undefined;
  try {
    // The library is loaded only now, so that help and usage errors come at once.
    const { openModel } = await import('../open.node.ts');
    const { openEngine } = await import('../engine/select.ts');
    if (flags.engine !== undefined) engine = await openEngine(flags.engine);
    const { adapter, minus, ranges } = flags;
    const opened = await openModel(name, { signal, progress: report, ranges, adapter, minus });
    model = opened;
    const context = { model: opened, engine, signal, progress: report };
    if (flags.space === undefined) return await work(context);
    const { inSpaceOf } = await import('./space.ts');
    return await inSpaceOf(flags.space, context, (model) => work({ ...context, model }));
  } finally {
    progress.stop();
    forget();
    await Promise.allSettled([model?.close(), engine?.close()]);
  }
}

/** Opens the second model of a command that compares two, runs `work`, closes it; without a name there is none. */
export async function withSecond<T>(
  name: string | undefined,
  { signal, progress, adapter }: Pick<Context, 'signal' | 'progress'> & { adapter?: string },
  work: (second: Model) => Promise<T>,
): Promise<T> {
  // Whoever asks no second model is given none, and looks at none.
  if (name === undefined) return work(undefined as unknown as Model);
  const { openModel } = await import('../open.node.ts');
  const second = await openModel(name, { signal, progress, adapter });
  try {
    return await work(second);
  } finally {
    await Promise.allSettled([second.close()]);
  }
}

/**
 * A command that reads a model and prints one report; `draws`: it can also write it as a picture; `page`: as a page
 * there.
 */
export async function runReport(
  name: string,
  flags: ReadingFlags,
  work: (context: Context) => Promise<Report>,
  { draws, page }: { draws?: boolean; page?: string } = {},
): Promise<void> {
  await checkPage(page);
  const drawn = draws && isPicture(flags);
  if (!drawn) formatOf(flags, draws); // A contradiction in the flags is found before the work is done.
  const report = await withModel(name, flags, work);
  if (drawn) await writePicture(report, flags.output!);
  else await print(report, flags);
  if (page !== undefined) {
    await writePage(report, page);
    note(`Wrote ${page}.`, flags);
  }
  if (toFile(flags)) note(`Wrote ${flags.output}.`, flags);
}

/** Whether the result goes to a file of its own. */
export function toFile<F extends OutputFlags>(flags: F): flags is F & { output: string } {
  return flags.output !== undefined && flags.output !== STANDARD_OUTPUT;
}

/** Fails before the work where arrays cannot be written as `path` says. `USAGE`. */
export function checkTensorsName(path: string): void {
  formatByName(path, { '.safetensors': true });
  if (path === STANDARD_OUTPUT) checkPipe();
}

/** Numbers as bytes are nothing to look at. */
function checkPipe(): void {
  if (!process.stdout.isTTY) return;
  throw new WeightscopeError('USAGE', 'Expected a file or a pipe for what is no text, got a terminal; give -o FILE.');
}

/** Writes fp32 arrays as one safetensors file, whole or not at all, or to standard output. */
export async function writeTensors(path: string, tensors: readonly TensorToWrite[], flags: OutputFlags): Promise<void> {
  const { writeSafetensors } = await import('../formats/safetensors/write.ts');
  if (path === STANDARD_OUTPUT) return writeOut(writeSafetensors(tensors));
  await writeFileWhole(path, async (file) => {
    for await (const chunk of writeSafetensors(tensors)) await file.write(chunk);
  });
  note(`Wrote ${path}.`, flags);
}

/**
 * Writes the maps of a stitching, whole or not at all, or to standard output. `second`: what the other model was
 * called.
 */
export async function writeStitchingFile(
  path: string,
  found: Stitching,
  second: string,
  flags: OutputFlags,
): Promise<void> {
  const { writeStitching } = await import('../compare/stitching-file.ts');
  const { locationOf } = await import('../open.node.ts');
  const chunks = writeStitching(found, await locationOf(second));
  if (path === STANDARD_OUTPUT) return writeOut(chunks);
  await writeFileWhole(path, async (file) => {
    for await (const chunk of chunks) await file.write(chunk);
  });
  note(`Wrote ${path}.`, flags);
}

/** What can only be written to a file goes through one to standard output. `binary`: not to a terminal. */
export async function toStandardOutput(binary: boolean, write: (file: string) => Promise<void>): Promise<void> {
  if (binary) checkPipe();
  const folder = await mkdtemp(join(tmpdir(), 'weightscope-'));
  const forget = onInterrupt(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const file = join(folder, 'output');
    await write(file);
    await writeOut(createReadStream(file));
  } finally {
    forget();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A remark on standard error for a person at a terminal. */
export function note(text: string, flags: OutputFlags): void {
  if (process.stderr.isTTY) remark(text, flags);
}

/** A remark on standard error that a program's log should have too. */
export function remark(text: string, flags: OutputFlags): void {
  if (flags.quiet) return;
  process.stderr.write(`${terminalOf(process.stderr).style.faint(printable(text))}\n`);
}

/** A bar at a terminal, lines in a log: whoever waits for minutes is told what for. */
export function progressFor(flags: OutputFlags): Progress {
  if (flags.quiet) return noProgress;
  const drawable = process.stderr.isTTY && process.env.TERM !== 'dumb';
  return drawable ? progressBar(process.stderr) : progressLog(process.stderr);
}

const WORD_LIST = 'give a text file with one word per line';

/** What was asked of a reading, as the library's options. */
export async function optionsOf({ onlyFrom, ...asked }: Said, context: Context): Promise<ReadOptions> {
  const { engine, signal, progress } = context;
  const { approximate, preview, normalize } = asked;
  const ofFreq = approximate ? '--approximate' : preview ? '--preview' : undefined;
  if (ofFreq !== undefined && normalize !== undefined && normalize !== 'freq')
    throw new WeightscopeError('USAGE', `Expected \`freq\` for ${ofFreq}, which is about it alone, got ${normalize}.`);
  const list = typeof onlyFrom === 'string' ? await readGivenLines(onlyFrom, 'the word list', WORD_LIST) : onlyFrom;
  return { ...readOptions({ ...asked, onlyFrom: list }), engine, signal, progress };
}

/** What was asked, with the texts of the files that it names. Throws `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`. */
export async function withFiles<T extends Readonly<Record<string, unknown>>>(asked: T, parameters: Shape): Promise<T> {
  const read: Record<string, unknown> = { ...asked };
  for (const [name, schema] of Object.entries(parameters)) {
    const file = factsOf(schema).cli?.file;
    if (file && typeof read[name] === 'string') read[name] = await readGivenText(read[name], ...file);
  }
  return read as T;
}
