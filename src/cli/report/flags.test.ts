import { expect, it } from 'vitest';
import { createProgram } from '../program.ts';
import { flagNames, flagReport, meaningsOf } from './flags.ts';
import { glossaryReport } from './glossary.ts';

const program = createProgram();

it('explains every flag of every command, dashes or not', () => {
  const all = [...program.commands, ...program.commands.flatMap(({ commands }) => commands)];
  const options = all.flatMap(({ options }) => options);
  expect(options.length).toBeGreaterThan(200);
  for (const { long, short, description } of options) {
    for (const name of [long, short, long?.slice(2)]) {
      if (name === undefined || name === null) continue;
      const meanings = meaningsOf(name, program).map(({ meaning }) => meaning.toLowerCase());
      expect(
        meanings.some((meaning) => meaning.includes(description.toLowerCase())),
        name,
      ).toBe(true);
    }
  }
  expect(flagNames(program)).toEqual(expect.arrayContaining(['only-alnum', 'exclude-fuzzy', 'no-chance', 'columns']));
});

it('says what a flag is, with the commands that have it', () => {
  const [{ flag, meaning, commands }] = meaningsOf('only-alnum', program);
  expect([flag, meaning]).toEqual(['--only-alnum', 'Only tokens that pass: letters and digits of any script.']);
  expect(commands).toEqual(expect.arrayContaining(['neuron', 'head', 'vector']));
  const { groups, json } = flagReport(meaningsOf('-k', program));
  expect(groups[0].text).toBe('How many of the best tokens. Default 50. A flag of neuron, vector.');
  expect(json).toHaveLength(groups.length);
  expect(meaningsOf('onlyalnum', program)).toEqual([]);
});

it('names the flag that is meant', () => {
  expect(() => glossaryReport('only-alnm', flagNames(program))).toThrow('(is `only-alnum` meant?)');
});

it('names the words that are near, one of each term, and not all there are', () => {
  const said = (word: string) => () => glossaryReport(word, flagNames(program));
  expect(said('logitlens')).toThrow(
    'got "logitlens" (is `logit` or `logit scale` or `logit softcapping` meant?); `weightscope explain` shows all words.',
  );
  expect(said('xyzzy')).toThrow('got "xyzzy"; `weightscope explain` shows');
});
