import { expect, test } from 'vitest';
import { toCsv, toTsv } from './table-text.ts';

const rows = [
  { token: ' a,"b"', score: 1 / 3, other: null },
  { token: '=1+2', score: -1, other: undefined },
];

test('a table is saved as the command line and the API write it: no formula, quoted where need be', () => {
  expect(toCsv(rows)).toBe('token,score,other\r\n" a,""b""",0.3333333333333333,\r\n\'=1+2,-1,\r\n');
});

test('a table that is copied has tabs between its cells and none in them', () => {
  expect(toTsv([{ token: 'a\tb\n', score: 2 }])).toBe('token\tscore\na b \t2\n');
});
