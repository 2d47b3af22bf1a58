import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const KINDS = { '<f8': Float64Array, '<f4': Float32Array, '<u4': Uint32Array, '|u1': Uint8Array };
const kindOf = (array) => Object.keys(KINDS).find((kind) => array instanceof KINDS[kind]);

/** The oracle (oracle.py) as a child process, which answers one case after the other. */
export const startOracle = (python) => {
  const child = spawn(python, [fileURLToPath(new URL('oracle.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let bytes = Buffer.alloc(0);
  let wake = () => {};
  let ended;
  child.stdout.on('data', (chunk) => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    wake();
  });
  for (const event of ['error', 'exit']) {
    child.on(event, (why) => {
      ended ??= new Error(
        `The oracle (${python}) ended: ${why?.message ?? why}. It needs numpy (test/requirements.txt).`,
      );
      wake();
    });
  }
  child.stdin.on('error', () => {});
  const until = async (enough) => {
    for (let end = enough(); ; end = enough()) {
      if (end >= 0) return end;
      if (ended) throw ended;
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  };
  const take = async (enough) => {
    const end = await until(enough);
    const taken = bytes.subarray(0, end);
    bytes = bytes.subarray(end);
    return taken;
  };

  /** Answers of a case: plain values and typed arrays in, typed arrays by name out. */
  const ask = async (request) => {
    const arrays = Object.entries(request).filter(([, value]) => ArrayBuffer.isView(value));
    const plain = Object.fromEntries(Object.entries(request).filter(([, value]) => !ArrayBuffer.isView(value)));
    plain.arrays = arrays.map(([name, value]) => [name, kindOf(value), value.length]);
    child.stdin.write(`${JSON.stringify(plain)}\n`);
    for (const [, { buffer, byteOffset, byteLength }] of arrays) {
      child.stdin.write(Buffer.from(buffer, byteOffset, byteLength));
    }
    const line = await take(() => bytes.indexOf(10) + 1 || -1);
    const answer = {};
    for (const [name, kind, length] of JSON.parse(line.toString())) {
      const size = length * KINDS[kind].BYTES_PER_ELEMENT;
      const raw = await take(() => (bytes.length >= size ? size : -1));
      answer[name] = new KINDS[kind](Uint8Array.from(raw).buffer);
    }
    return answer;
  };
  return { ask, end: () => child.kill() };
};
