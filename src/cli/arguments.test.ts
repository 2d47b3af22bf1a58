import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { plainArguments, wrongExpression, wrongPlace } from './arguments.ts';

const plain = (line: string) => plainArguments(line.split(' ')).join(' ');

it('a place is taken as the program prints it', () => {
  expect(plain('neuron sample 4:100')).toBe('neuron sample 4 100');
  expect(plain('neuron sample L4N100 -k 5')).toBe('neuron sample 4 100 -k 5');
  expect(plain('neuron -k 5 sample l4n100')).toBe('neuron -k 5 sample 4 100');
  expect(plain('head sample 1:5 --matrix qk')).toBe('head sample 1 5 --matrix qk');
  expect(plain('head sample L1H5')).toBe('head sample 1 5');
  expect(plain('head sample 1 5')).toBe('head sample 1 5');
  expect(plain('head 1:5 1 5')).toBe('head 1:5 1 5');
  expect(plain('info L4N100')).toBe('info L4N100');
  expect(plain('atlas similar a 4:100')).toBe('atlas similar a 4:100');
  expect(plain('neuron moe 1:2:7 -k 5')).toBe('neuron moe 1 7 --expert 2 -k 5');
  expect(plainArguments([])).toEqual([]);
});

it('a place of another kind names the command that reads it', () => {
  expect(() => plain('neuron sample L1H5')).toThrow(/got L1H5; `weightscope head` reads it/);
  expect(() => plain('head moe 1:2:7')).toThrow(/got 1:2:7; `weightscope neuron` reads it/);
  expect(() => plain('head sample L1N5')).toThrow(/`weightscope neuron` reads it/);
});

it('an expert is said once', () => {
  expect(() => plain('neuron moe 1:2:7 --expert 3')).toThrow('Expected one expert, got that of 1:2:7 and --expert');
});

it('an expression may begin with a minus sign', () => {
  for (const expression of ['-tok:" king"', '-(tok:#1 + tok:#2)', '-0.5 * ff:0:1.key', '--ff:0:1.key', '- norm.final'])
    expect(plainArguments(['vector', 'sample', expression, '-k', '5'])).toEqual([
      ...['vector', 'sample', ` ${expression}`, '-k', '5'],
    ]);
  for (const option of ['-k', '--bottom', '-', '-o', '--json', '--normalize=none'])
    expect(plainArguments(['vector', 'sample', option])).toEqual(['vector', 'sample', option]);
});

it.each([
  ['head 1 5', 'got "1 5" alone; was the model forgotten (`weightscope head sample 1 5`)?'],
  ['neuron 0:381', '(`weightscope neuron sample 0:381`)?'],
  ['neuron 0 381', '(`weightscope neuron sample 0 381`)?'],
  ['neuron 381', '(`weightscope neuron sample 0:381`)?'],
  ['neuron L1H5', '(`weightscope head sample L1H5`)?'],
])('asks whether the model was forgotten of %s', (line, sentence) => {
  const [command, ...given] = line.split(' ');
  expect(wrongPlace(command, given)).toContain(sentence);
});

it('takes what exists for the model, whatever it is called', () => {
  expect(wrongPlace('head', ['src', '5'])).toContain('got "5" alone (is 0:5 meant?)');
  expect(wrongPlace('neuron', ['sample'])).toBeUndefined();
  const folder = process.cwd();
  process.chdir(mkdtempSync(join(tmpdir(), 'weightscope-place-')));
  try {
    writeFileSync('1', '');
    expect(wrongPlace('head', ['1', '5'])).toContain('got "5" alone (is 0:5 meant?)');
  } finally {
    process.chdir(folder);
  }
});

it.each(['0.381', '0,381', '0/381', '0-381', '0, 381'])('asks whether %s is 0:381', (place) => {
  expect(wrongPlace('neuron', ['sample', ...place.split(' ')])).toContain('(is 0:381 meant?)');
});

it('asks of no place of another kind', () => {
  expect(wrongPlace('head', ['sample', 'n0.381'])).not.toContain('meant');
  expect(wrongPlace('neuron', ['sample', '1/2/7/8'])).not.toContain('meant');
});

it('knows an expression whose quotes the shell has taken', () => {
  const whole = `write 'tok:" king" - tok:" man" + tok:"Woman"', with single quotes around all of it`;
  expect(wrongExpression(['tok: king - tok: man + tok:Woman'])).toBe(
    `Expected tokens in double quotes, got tok: king - tok: man + tok:Woman, whose quotes may be lost to the shell; ${whole}.`,
  );
  expect(wrongExpression(['tok: king', '-', 'tok: man', '+', 'tok:Woman'])).toContain(whole);
  expect(wrongExpression(['norm.final', '-', 'ff:0:1.key'])).toBe(
    "Expected one expression, got 3 words: norm.final - ff:0:1.key; write 'norm.final - ff:0:1.key', with single quotes " +
      'around all of it.',
  );
  for (const right of [
    'tok:" king" - tok:#12',
    'tok:"tok: king"',
    'tok:"\\" tok: a"',
    'tensor:tok:a[0]',
    'tok:',
    'king',
  ])
    expect(wrongExpression([right])).toBeUndefined();
});
