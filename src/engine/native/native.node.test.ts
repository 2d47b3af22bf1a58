import { afterAll, describe, test } from 'vitest';
import { conformanceCases } from '../conformance.ts';
import { referenceEngine } from '../reference/reference.ts';
import { findAddon, loadAddon } from './addon.node.ts';
import { nativeEngine } from './native.node.ts';

const oracle = referenceEngine();
const path = findAddon();

describe.skipIf(!path)('the native engine, when its addon is built (npm run build:native needs cargo)', () => {
  for (const [at, instructionSet] of (path ? loadAddon(path).instructionSets() : []).entries()) {
    // The best one runs every case; the others, which native/src/tests.rs holds to the same loops, a part.
    const cases = conformanceCases.filter((_, i) => at === 0 || i % 8 === at);
    describe(`conforms on ${instructionSet}`, async () => {
      const engine = await nativeEngine({ instructionSet });
      afterAll(() => engine.close());
      for (const { name, run } of cases) test(name, () => run(engine, oracle));
    });
  }
});
