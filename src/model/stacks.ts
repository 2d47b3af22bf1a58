import { WeightscopeError } from '../errors.ts';
import type { Config, Sizes } from './architecture.ts';
import type { Parameter } from './types.ts';

/**
 * What readings may be of where a model is an encoder and a decoder: the layers of one, or the attention between both.
 */
export type StackName = 'encoder' | 'decoder' | 'cross';

/** One of a model's stacks and its sizes. */
export interface BoundStack {
  readonly name: 'encoder' | 'decoder';
  readonly sizes: Sizes;
  /** Its own config, where it has one inside the model's. */
  readonly config?: Config;
}

/** `t5-small#cross`: a location and the stack that is meant. */
export function splitStack(location: string): { location: string; stack?: StackName } {
  const found = /^(.*)#(encoder|decoder|cross)$/s.exec(location);
  return found ? { location: found[1], stack: found[2] as StackName } : { location };
}

export interface View {
  readonly parameters: Map<string, Parameter>;
  readonly sizes: Sizes;
  readonly config?: Config;
  readonly note?: string;
}

/**
 * A model's parameters with those of one stack under the names that a model of one stack has, so that every reading is
 * of that one: `layer.3.attn.q` is `decoder.layer.3.attn.q`, or of `cross` the decoder's `decoder.layer.3.cross.q`. All
 * are there under their full names too. Throws `ARGUMENT_INVALID` for a stack that is not there.
 */
export function viewOf(
  parameters: Map<string, Parameter>,
  sizes: Sizes,
  stacks: readonly BoundStack[],
  wanted: StackName | undefined,
  where: string,
): View {
  if (stacks.length === 0) {
    if (wanted === undefined) return { parameters, sizes };
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected a model with an encoder and a decoder for #${wanted}, found that ${where} has one stack of layers; leave out #${wanted}.`,
    );
  }
  const shown = wanted ?? stacks.at(-1)!.name;
  const stack = stacks.find(({ name }) => name === (shown === 'cross' ? 'decoder' : shown));
  if (!stack)
    throw new WeightscopeError(
      'ARGUMENT_INVALID',
      `Expected ${where} to hold the ${shown === 'cross' ? 'decoder' : shown}, found its ${stacks[0].name} alone; leave out #${shown}.`,
    );
  const [encoder, decoder] = (['encoder', 'decoder'] as const).map((side) => stacks.find(({ name }) => name === side));
  const unlike = encoder && decoder && encoder.sizes.hidden !== decoder.sizes.hidden;
  if (unlike && shown === 'cross')
    throw new WeightscopeError(
      'FORMAT_UNSUPPORTED',
      `Expected an encoder and a decoder of one width for #cross, found that the encoder of ${where} is ${encoder.sizes.hidden} wide and the decoder ${decoder.sizes.hidden}: a pair of words would stand in two embeddings, which is not read yet; ask for #encoder or #decoder.`,
    );
  const view = new Map<string, Parameter>();
  for (const [name, parameter] of parameters) {
    const own = shown === 'cross' ? crossName(name) : name.startsWith(`${shown}.`) && name.slice(shown.length + 1);
    if (own) view.set(own, { ...parameter, name: own });
  }
  for (const [name, parameter] of parameters) if (!view.has(name)) view.set(name, parameter);
  if (unlike && shown === 'encoder') {
    const own = parameters.get('encoder.embed');
    if (!own)
      throw new WeightscopeError(
        'FORMAT_UNSUPPORTED',
        `Expected embeddings of the encoder's own in ${where}, which is ${encoder.sizes.hidden} wide and the decoder ${decoder.sizes.hidden}, found none with as many tokens as the decoder has; ask for #decoder.`,
      );
    // The head is as wide as the decoder.
    view.set('unembed', { ...own, name: 'unembed' });
  }
  return {
    parameters: view,
    sizes: { ...stack.sizes, vocab: sizes.vocab },
    config: stack.config,
    note: noteOf(shown, stacks, unlike === true, parameters.has('encoder.embed')),
  };
}

/**
 * In the view of the attention between both stacks, its maps stand for attention; the norm before its queries does not,
 * since keys and values read another stream than that.
 */
function crossName(name: string): string | false {
  if (!name.startsWith('decoder.') || /\.(attn\.|norm\.(attn|cross|q|k)\b)/.test(name)) return false;
  return name.slice('decoder.'.length).replace('.cross.', '.attn.');
}

function noteOf(
  shown: StackName,
  stacks: readonly BoundStack[],
  unlike: boolean,
  ownWords: boolean,
): string | undefined {
  if (stacks.length < 2) return `The checkpoint holds the model’s ${stacks[0].name} alone.`;
  const [encoder, decoder] = stacks.map(({ sizes }) => sizes.layers);
  const what =
    shown === 'cross'
      ? 'heads here are the decoder’s cross-attention, whose keys and values read what the encoder wrote'
      : `layers here are the ${shown}’s`;
  const others = (['encoder', 'decoder', 'cross'] as const)
    .filter((name) => name !== shown && !(unlike && name === 'cross'))
    .map((name) => `#${name}`);
  const words =
    shown === 'encoder' && unlike
      ? ' What the encoder writes is shown in its own embeddings, since the unembedding is as wide as the decoder.'
      : shown === 'cross' && ownWords
        ? ' Both sides are read in the decoder’s embeddings, though the encoder has its own.'
        : '';
  return `The model has an encoder of ${plural(encoder)} and a decoder of ${plural(decoder)}: ${what}; put ${others.join(' or ')} behind its name for the others.${words}`;
}

const plural = (layers: number): string => (layers === 1 ? '1 layer' : `${layers} layers`);
