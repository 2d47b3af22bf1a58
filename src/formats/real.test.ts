import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countingSource, fixture } from '../../test/bytes.ts';
import { fileSource } from '../source/file.node.ts';
import { openTensorFile } from './open.ts';
import { readTensor } from './read.ts';

/** What the Python packages find in real files; see test/fixtures/formats/make_real.py. */
interface Figures {
  type: string;
  shape: number[];
  sum: number;
  absolute: number;
  samples: [index: number, value: number][];
}

const models = process.env.WEIGHTSCOPE_MODELS;

describe.each([
  ['smollm2', 'smollm2/SmolLM2-135M-Instruct.Q4_1.gguf'],
  ['minilm', 'minilm/model.safetensors'],
])('%s', (name, file) => {
  const path = models && join(models, file);

  test.skipIf(!path || !existsSync(path))(
    `every tensor is as the Python packages read it (skipped unless WEIGHTSCOPE_MODELS names a folder with ${file})`,
    async () => {
      const source = countingSource(await fileSource(path!));
      const { tensors } = await openTensorFile(source);
      expect(source.bytesRead, 'bytes read for the header').toBeLessThan(4 << 20);
      const golden: Record<string, Figures> = JSON.parse(readFileSync(fixture(`formats/real/${name}.json`), 'utf8'));
      expect([...tensors.keys()].sort()).toEqual(Object.keys(golden).sort());
      for (const [tensor, info] of tensors) {
        const { type, shape, sum, absolute, samples } = golden[tensor];
        expect([info.dtype, info.shape], tensor).toEqual([type, shape]);
        const values = await readTensor(info);
        let [ourSum, ourAbsolute] = [0, 0];
        for (const value of values) {
          ourSum += value;
          ourAbsolute += Math.abs(value);
        }
        // numpy adds in another order
        const tolerance = 1e-10 * absolute;
        expect(Math.abs(ourSum - sum), `sum of ${tensor}`).toBeLessThanOrEqual(tolerance);
        expect(Math.abs(ourAbsolute - absolute), `absolute sum of ${tensor}`).toBeLessThanOrEqual(tolerance);
        for (const [at, value] of samples) expect(values[at], `${tensor}[${at}]`).toBe(value);
      }
    },
  );
});
