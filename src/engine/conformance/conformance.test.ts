import { afterAll, describe, test } from 'vitest';
import { referenceEngine } from '../reference/reference.ts';
import { engineNames, openEngine } from '../select.ts';
import { conformanceCases } from './cases.ts';

const oracle = referenceEngine();

for (const name of engineNames()) {
  describe(`the ${name} engine conforms`, async () => {
    const engine = await openEngine(name);
    afterAll(() => engine.close());
    for (const { name, run } of conformanceCases) test(name, () => run(engine, oracle));
  });
}
