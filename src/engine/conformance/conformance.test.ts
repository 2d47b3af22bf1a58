import { createHash } from 'node:crypto';
import { afterAll, describe, test } from 'vitest';
import type { Engine } from '../engine.ts';
import { referenceEngine } from '../reference/reference.ts';
import { engineNames, openEngine } from '../select.ts';
import { conformanceCases } from './cases.ts';

type Method = (...args: unknown[]) => Promise<unknown>;

/** Every engine is asked the same, and the oracle is slow: what it said of the same numbers is said again. */
const said = new Map<string, Promise<unknown>>();
const oracle = new Proxy(referenceEngine(), {
  get(engine, name: keyof Engine) {
    const method = engine[name] as unknown;
    if (typeof method !== 'function') return method;
    const ask = method.bind(engine) as Method;
    return (...args: unknown[]) => {
      const key = keyOf(name, args);
      if (key === undefined) return ask(...args);
      const known = said.get(key) ?? ask(...args);
      said.set(key, known);
      return known;
    };
  },
});

/** The name and all bytes of what is asked; undefined where there are callbacks, which must be called each time. */
function keyOf(name: string, args: unknown[]): string | undefined {
  const hash = createHash('sha1').update(name);
  let called = false;
  const text = JSON.stringify(args, (_, value) => {
    if (typeof value === 'function') called = true;
    if (typeof value === 'number') return String(value); // JSON has neither NaN nor infinities
    if (!ArrayBuffer.isView(value)) return value;
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return `${value.constructor.name} of ${value.byteLength} bytes`;
  });
  return called ? undefined : hash.update(text).digest('hex');
}

for (const name of engineNames()) {
  describe(`the ${name} engine conforms`, async () => {
    const engine = await openEngine(name);
    afterAll(() => engine.close());
    for (const { name, run } of conformanceCases) test(name, () => run(engine, oracle));
  });
}
