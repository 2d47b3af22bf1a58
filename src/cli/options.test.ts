import { describe, expect, it } from 'vitest';
import { amount, gathered, headPlace, listOption, neuronPlace, ranges, real, wholeNumber } from './options.ts';

describe('numbers on the command line', () => {
  it('takes whole numbers, negative ones for the library to judge', () => {
    expect(wholeNumber('12')).toBe(12);
    expect(wholeNumber('-1')).toBe(-1);
    for (const wrong of ['', '1.5', 'x', '1e3', '0x10', ' 1']) expect(() => wholeNumber(wrong)).toThrow();
    expect(() => amount('-1')).toThrow('0 or more');
  });

  it('takes real numbers', () => {
    expect(real('-1.5e2')).toBe(-150);
    for (const wrong of ['', 'x', 'NaN', 'Infinity', '1,5']) expect(() => real(wrong)).toThrow('Expected a number');
  });
});

describe('lists on the command line', () => {
  const parts = (text: string) => listOption('--part <p>', '', ['key', 'up', 'value']).parseArg?.(text, undefined);

  it('takes several choices in any order', () => {
    expect(parts('value,key')).toEqual(['key', 'value']);
    for (const wrong of ['', 'keys', 'key,', 'key;value'])
      expect(() => parts(wrong)).toThrow('Expected key, up, value');
  });

  it('takes layer ranges', () => {
    expect(ranges('0,2-3')).toEqual([0, 2, 3]);
    expect(ranges('3,1-3,2')).toEqual([1, 2, 3]);
    for (const wrong of ['', '3-1', '-1', 'a', '1-', '1,,2', '1-9999999']) expect(() => ranges(wrong)).toThrow('0,2-3');
  });

  it('gathers places', () => {
    const neurons = gathered(neuronPlace);
    expect(neurons('4:5', neurons('3:100', undefined))).toEqual([
      [3, 100],
      [4, 5],
    ]);
    expect(neuronPlace('3:1:2')).toEqual([3, 2, 1]);
    expect(headPlace('3:1')).toEqual([3, 1]);
    for (const wrong of ['3', '3:', ':3', '-1:2', 'L1H2']) expect(() => neuronPlace(wrong)).toThrow('LAYER:INDEX');
    for (const wrong of ['3', '3:1:2', 'L1N2']) expect(() => headPlace(wrong)).toThrow('LAYER:HEAD');
  });
});
