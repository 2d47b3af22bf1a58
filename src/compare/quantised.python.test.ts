import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Model } from '../model/types.ts';
import { openModel } from '../node.ts';
import { readNeuron } from '../reading/neurons.ts';
import { changesOf } from './changes.ts';
import { wordHistory } from './word-history.ts';

const python = process.env.WEIGHTSCOPE_PYTHON ?? '';
const models = process.env.WEIGHTSCOPE_MODELS ?? '';
const script = fileURLToPath(new URL('fixtures/quantised.py', import.meta.url));
const quantised = join(models, 'smollm2/SmolLM2-135M-Instruct.Q4_1.gguf');
const dequantised = join(models, 'smollm2-hf');
const canRun = python !== '' && models !== '' && existsSync(dequantised);

/** A model with the parameters of some layers alone. */
const only = (model: Model, names: RegExp): Model => ({
  ...model,
  derived: true,
  parameters: new Map([...model.parameters].filter(([name]) => names.test(name) || /embed$/.test(name))),
});

describe.skipIf(!canRun)(
  `SmolLM2 in F16 against its Q4_1${canRun ? '' : ' (skipped: needs WEIGHTSCOPE_PYTHON and WEIGHTSCOPE_MODELS with smollm2-hf, see CONTRIBUTING.md)'}`,
  () => {
    const scratch = mkdtempSync(join(tmpdir(), 'quantised-'));
    let theirs: Record<string, [change: number, size: number]>;
    let [f16, q4] = [] as unknown as [Model, Model];
    beforeAll(async () => {
      const out = execFileSync(python, [script, quantised, dequantised, join(scratch, 'f16')], { encoding: 'utf8' });
      theirs = JSON.parse(out);
      f16 = await openModel(join(scratch, 'f16'), { cache: undefined });
      q4 = await openModel(quantised, { cache: undefined });
    }, 300_000);
    afterAll(async () => {
      await Promise.all([f16?.close(), q4?.close()]);
      rmSync(scratch, { recursive: true, force: true });
    });

    it('differs in every parameter by as much as numpy finds', async () => {
      const changes = await changesOf(f16, q4);
      expect(changes.map(({ name }) => name).sort()).toEqual(Object.keys(theirs).sort());
      for (const { name, change, size, relative, verdict } of changes) {
        const [far, length] = theirs[name];
        expect([name, Math.abs(size / length - 1) < 1e-9]).toEqual([name, true]);
        expect([name, Math.abs(change - far) <= 1e-9 * far]).toEqual([name, true]);
        expect([name, Math.abs(relative - far / length) <= 1e-9]).toEqual([name, true]);
        expect([name, verdict]).toEqual([name, /norm/.test(name) ? 'same' : 'changed']);
      }
    }, 300_000);

    it('has other words where two plain readings have, and as many', async () => {
      const [a, b] = [f16, q4].map((model) => only(model, /^layer\.17\.ff/));
      const neurons = 6;
      const { layers, types, moved } = await wordHistory([a, b], { neurons, list: 100 });
      expect(types.map((one) => one.types)).toEqual([['F16', 'Q4_1']]);
      const counted = { changed: 0, first: 0, kept: 0 };
      for (const { part, layer, steps } of layers) {
        const own = { changed: 0, first: 0, kept: 0 };
        for (let i = 0; i < neurons; i++) {
          const neuron = Math.floor((i * 1536) / neurons);
          const how = { parts: [part], k: 10, normalize: 'cosine' } as const;
          const [before, after] = await Promise.all(
            [f16, q4].map(async (model) => (await readNeuron(model, layer, neuron, how)).parts[part]!.top),
          );
          const labels = new Set(after.map(({ label }) => label));
          const stayed = before.filter(({ label }) => labels.has(label)).length;
          own.changed += stayed < 10 ? 1 : 0;
          own.first += before[0].label === after[0].label ? 0 : 1;
          own.kept += stayed / 10 / neurons;
          const listed = moved.find((one) => one.part === part && one.neuron === neuron);
          expect(listed?.words.map((words) => words.map(({ label }) => label))).toEqual(
            stayed < 10 ? [before, after].map((words) => words.map(({ label }) => label)) : undefined,
          );
        }
        expect(steps).toEqual([{ ...own, kept: expect.closeTo(own.kept, 10) }]);
        counted.changed += own.changed;
        counted.first += own.first;
        counted.kept += own.kept / layers.length;
      }
      expect(layers.map(({ part }) => part).sort()).toEqual(['key', 'up', 'value']);
      expect(types[0]).toMatchObject({ neurons: 18, steps: [{ ...counted, kept: expect.closeTo(counted.kept, 10) }] });
      // What is compared did lose words.
      expect(counted.changed).toBeGreaterThan(5);
    }, 300_000);

    it('differs in nothing from what was made of its own numbers', async () => {
      const whole = await openModel(dequantised, { cache: undefined });
      const layer = /^layer\.11\./;
      const changes = await changesOf(only(whole, layer), only(q4, layer));
      await whole.close();
      expect(changes).toHaveLength(10);
      expect(new Set(changes.map(({ verdict, moved }) => `${verdict} ${moved}`))).toEqual(new Set(['same 0']));
    }, 300_000);
  },
);
