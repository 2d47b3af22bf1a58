import { useEffect, useState } from 'react';
import type { LayoutRequest, Method } from './layout.ts';

export interface Layout {
  /** [count, dimensions], within [-1, 1]. */
  points: Float32Array;
  dimensions: 2 | 3;
  /** 0 to 1. */
  done: number;
}

const SEED = 1;

/** A map that is computed in a worker; a new question ends the old one. Undefined until there is something to draw. */
export function useLayout(
  rows: Float32Array | undefined,
  width: number,
  method: Method,
  dimensions: 2 | 3,
): { layout: Layout | undefined; error: string | undefined } {
  const [layout, setLayout] = useState<Layout>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    setLayout(undefined);
    setError(undefined);
    if (!rows) return;
    const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<{ points: Float32Array; done: number }>) =>
      setLayout({ ...data, dimensions });
    worker.onerror = ({ message }) => setError(message || 'The map could not be computed.');
    worker.postMessage({ rows, width, method, dimensions, seed: SEED } satisfies LayoutRequest);
    return () => worker.terminate();
  }, [rows, width, method, dimensions]);
  return { layout, error };
}
