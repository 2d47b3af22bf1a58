import { expect, it } from 'vitest';
import { doctorReport } from './doctor.ts';

it('shows as many examples as were asked for', () => {
  const examples = Array.from({ length: 8 }, (_, i) => `#${i}`);
  const finding = {
    check: 'equal rows',
    level: 'risk',
    what: '8 tokens have equal rows.',
    count: 8,
    examples,
  } as const;
  const health = { model: 'm', findings: [finding], rows: [], checks: [], healthy: false };
  expect(doctorReport(health).groups[0].blocks[0].rows.at(0)?.[2]).toBe(examples.join(', '));
});
