import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * Starts bench/peer.py; `ask` sends one request and resolves to its answer. The Python is `WEIGHTSCOPE_PYTHON` or
 * python3.
 */
export const startPeer = () => {
  const python = process.env.WEIGHTSCOPE_PYTHON ?? 'python3';
  const child = spawn(python, [fileURLToPath(new URL('peer.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TQDM_DISABLE: '1', MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '20000000000' },
  });
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)));
  const gone = (why) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`The peer ended: ${why}`));
  };
  child.on('error', (error) => gone(error.message));
  child.on('exit', (code) => gone(`exit ${code}; WEIGHTSCOPE_PYTHON must name a Python with torch and numpy`));
  const ask = async (request) => {
    const reply = await new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });
    if (reply.error) throw new Error(`The peer failed: ${reply.error}`);
    return reply;
  };
  return { ask, pid: child.pid, end: () => child.stdin.end() };
};
