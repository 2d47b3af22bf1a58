import { expect, it } from 'vitest';
import { plainArguments } from './arguments.ts';

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
