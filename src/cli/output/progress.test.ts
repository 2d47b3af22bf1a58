import { expect, test } from 'vitest';
import { progressLog } from './progress.ts';

/** A log with a clock of its own: what was written, and when. */
function watchedLog() {
  let at = 0;
  const lines: [seconds: number, text: string][] = [];
  const log = progressLog({ write: (text) => lines.push([at / 1000, text]) }, () => at);
  return {
    lines,
    /** A stage of so many seconds that says 50 times a second how far it is. */
    stage(seconds: number, name: string, from = 0, to = 1) {
      const steps = 50 * seconds;
      for (let i = 0; i <= steps; i++, at += 20) log.report(from + ((to - from) * i) / steps, name);
    },
  };
}

test('a log has nothing of what takes seconds', () => {
  const { stage, lines } = watchedLog();
  stage(2, 'normaliser ff.key');
  stage(1, 'normaliser ff.value');
  expect(lines).toEqual([]);
});

test('a log has a line after some seconds, then one for every tenth, with the time left', () => {
  const { stage, lines } = watchedLog();
  stage(100, 'normaliser ff.key');
  expect(lines.map(([, text]) => text)).toEqual([
    '4 %, normaliser ff.key, 2 min left\n',
    ...[14, 24, 34, 44, 54, 64, 74, 84, 94].map((done) => expect.stringMatching(RegExp(`^${done} %, .* left\n$`))),
  ]);
});

test('a log has a line every thirty seconds of slow work, and no carriage return', () => {
  const { stage, lines } = watchedLog();
  stage(600, 'keys of layers 0 to 3', 0, 0.2);
  const seconds = lines.map(([at]) => Math.round(at));
  expect(seconds).toEqual(Array.from({ length: 20 }, (_, i) => 30 + 30 * i));
  expect(lines[0][1]).toBe('1 %, keys of layers 0 to 3, 50 min left\n');
  expect(lines.map(([, text]) => text).join('')).not.toContain('\r');
});

test('stages that follow each other say their own time left, units of one work that of the work', () => {
  const own = watchedLog();
  own.stage(10, 'normaliser ff.key');
  own.stage(10, 'normaliser ff.value');
  expect(own.lines.map(([, text]) => text)).toEqual([
    '40 %, normaliser ff.key, 6 s left\n',
    '80 %, normaliser ff.key, 2 s left\n',
    '19 %, normaliser ff.value\n',
    '59 %, normaliser ff.value, 5 s left\n',
    '99 %, normaliser ff.value, 1 s left\n',
  ]);
  const work = watchedLog();
  for (let i = 0; i < 100; i++) work.stage(1, `unit ${i}`, i / 100, (i + 1) / 100);
  expect(work.lines).toHaveLength(10);
  expect(work.lines[9][1]).toMatch(/^9\d %, unit 9\d, \d+ s left\n$/);
});

test('a log says nothing of a stage that has only begun, unless nothing was said for half a minute', () => {
  const { stage, lines } = watchedLog();
  for (let i = 0; i < 4; i++) stage(3, `reading ${i}`, 0, 0.009);
  expect(lines).toEqual([]);
  stage(40, 'pairs vo', 0, 0.004);
  expect(lines.map(([at, text]) => [Math.round(at), text])).toEqual([[30, '0 %, pairs vo\n']]);
});
