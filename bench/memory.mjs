import { readFileSync } from 'node:fs';

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process has ended
  }
};

/** Peak resident memory in MB of a process and of those it started, from outside (Linux only). */
const peakOf = (pid) => {
  const own = Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
  const children = read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + peakOf(child), own);
};

/**
 * Looks at a process tree again and again; `stop` resolves to the most that was seen, undefined where /proc is not
 * there.
 */
export const watchPeak = (pid) => {
  let most = 0;
  const look = () => {
    most = Math.max(most, peakOf(pid));
  };
  const timer = setInterval(look, 20);
  return {
    stop: () => {
      look();
      clearInterval(timer);
      return most || undefined;
    },
  };
};
