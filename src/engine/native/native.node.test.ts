import { afterAll, describe, test } from 'vitest';
import { conformanceCases } from '../conformance.ts';
import { referenceEngine } from '../reference/reference.ts';
import { findAddon, loadAddon } from './addon.node.ts';
import { nativeEngine } from './native.node.ts';

const oracle = referenceEngine();
const path = findAddon();

describe.skipIf(!path)('the native engine, when its addon is built (npm run build:native needs cargo)', () => {
  for (const instructionSet of path ? loadAddon(path).instructionSets() : []) {
    describe(`conforms on ${instructionSet}`, async () => {
      const engine = await nativeEngine({ instructionSet });
      afterAll(() => engine.close());
      for (const { name, run } of conformanceCases) test(name, () => run(engine, oracle));
    });
  }
});
