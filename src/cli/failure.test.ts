import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { WeightscopeError } from '../errors.ts';
import { endingOf } from './failure.ts';

const quiet = {};

describe('endingOf', () => {
  it('ends a failed run with 1, a sentence and its code', () => {
    expect(endingOf(new WeightscopeError('OUT_OF_RANGE', 'Expected `layer` to be 0..5, got 9.'), quiet)).toEqual({
      status: 1,
      message: 'weightscope: Expected `layer` to be 0..5, got 9. [OUT_OF_RANGE]',
    });
  });

  it('ends wrong usage with 2, on one line', () => {
    const error = new CommanderError(
      1,
      'commander.unknownOption',
      "error: unknown option '--fomat'\n(Did you mean --format?)",
    );
    expect(endingOf(error, quiet)).toEqual({
      status: 2,
      message: "weightscope: Unknown option '--fomat' (Did you mean --format?) [USAGE]",
    });
    expect(endingOf(new WeightscopeError('USAGE', 'No.'), quiet).status).toBe(2);
  });

  it('ends help and closed pipes with 0, interruption with 130, all without a message', () => {
    expect(endingOf(new CommanderError(0, 'commander.helpDisplayed', ''), quiet)).toEqual({ status: 0 });
    expect(endingOf(Object.assign(new Error(), { code: 'EPIPE' }), quiet)).toEqual({ status: 0 });
    expect(endingOf(new WeightscopeError('ABORTED', 'Cancelled.'), quiet)).toEqual({ status: 130 });
  });

  it('puts the code on the first line when an expression is shown below', () => {
    const error = new WeightscopeError('EXPRESSION_INVALID', 'Expected a vector.', { below: ['  1 +', '     ^'] });
    expect(endingOf(error, quiet).message).toBe('weightscope: Expected a vector. [EXPRESSION_INVALID]\n  1 +\n     ^');
  });

  it('writes the tokens of a hint as a shell leaves them', () => {
    const said = (text: string) => endingOf(new WeightscopeError('EXPRESSION_INVALID', text), quiet).message;
    expect(said('Is the token tok:" king" meant?')).toContain(`the token 'tok:" king"' meant?`);
    expect(said(`A parameter's name, or tok:"it's".`)).toContain(`A parameter's name, or 'tok:"it'\\''s"'.`);
    expect(said(`Write 'tok:" a" - tok:" b"'.`)).toContain(`Write 'tok:" a" - tok:" b"'.`);
  });

  it('shows stacks and causes only when DEBUG=weightscope', () => {
    const error = new WeightscopeError('NETWORK', 'No.', { cause: new TypeError('deep') });
    expect(endingOf(error, quiet).message).not.toContain('at ');
    expect(endingOf(error, { DEBUG: 'weightscope' }).message).toMatch(/failure\.test[\s\S]*caused by: TypeError: deep/);
  });

  it('names what it does not know', () => {
    expect(endingOf(new Error('boom'), quiet)).toEqual({ status: 1, message: 'weightscope: boom [UNEXPECTED]' });
    expect(endingOf('text', quiet).message).toBe('weightscope: text [UNEXPECTED]');
  });
});

it.each([
  ['search', 'atlas search ATLAS WORDS'],
  ['which', 'statistics MODEL'],
  ['compare', 'diff MODEL OTHER'],
])('%s, which has another name here, is not taken for a mistyped other command', (command, meant) => {
  const message = `error: unknown command '${command}'\n(Did you mean stitch?)`;
  expect(endingOf(new CommanderError(1, 'commander.unknownCommand', message)).message).toBe(
    `weightscope: Unknown command '${command}'; it is \`weightscope ${meant}\`. [USAGE]`,
  );
});
