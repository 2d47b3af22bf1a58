// Parquet footers are read by a library: damaged ones in a process with little memory, which is started again when it
// dies.
import { fork } from 'node:child_process';
import { mutated, Random } from './random.mjs';

const BATCH = 100;
const PATIENCE = 120_000;

/** Reads footers of damaged files for so many milliseconds. A child that dies or hangs is a finding. */
export async function parquetFindings(seed, milliseconds) {
  const end = performance.now() + milliseconds;
  const problems = [];
  let count = 0;
  for (let number = 0; performance.now() < end && problems.length < 5; number += BATCH) {
    const problem = await batch(seed, number);
    if (problem) problems.push(`parquet, seed ${seed}, inputs ${number} to ${number + BATCH - 1}: ${problem}`);
    count += BATCH;
  }
  return { count, problems };
}

function batch(seed, number) {
  const child = fork(new URL(import.meta.url), [String(seed), String(number)], {
    execArgv: ['--max-old-space-size=256'],
    silent: true,
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(`still reading after ${PATIENCE} ms`);
    }, PATIENCE);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(code === 0 || signal === 'SIGKILL' ? undefined : `the process ended with ${code ?? signal}`);
    });
  });
}

if (process.send && process.argv.length === 4) {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const { parquetMetadata } = await import('hyparquet');
  const whole = Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'layer', data: Int32Array.from({ length: 50 }, (_, i) => i % 3), type: 'INT32' },
        { name: 'score', data: Float32Array.from({ length: 50 }, (_, i) => i / 7), type: 'FLOAT' },
        { name: 'label', data: Array.from({ length: 50 }, (_, i) => `word ${i}`), type: 'STRING' },
      ],
    }),
  );
  const [seed, first] = process.argv.slice(2).map(Number);
  for (let number = first; number < first + BATCH; number++) {
    const bytes = mutated(whole, new Random(seed, number));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    try {
      parquetMetadata(file);
    } catch {
      // Any error is an answer here: the atlas says that its file is damaged.
    }
  }
  process.exit(0);
}
