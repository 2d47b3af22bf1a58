/** What neurons and heads are made of, in the order in which everything names them. (The page loads this file.) */

export type NeuronPart = 'key' | 'up' | 'value';
export const NEURON_PARTS = ['key', 'up', 'value'] as const satisfies readonly NeuronPart[];

export type HeadMatrix = 'vo' | 'qk';
export const HEAD_MATRICES = ['vo', 'qk'] as const satisfies readonly HeadMatrix[];

/** The parts that neurons have: `up` only in gated MLPs. */
export const partsOf = (gated: boolean): NeuronPart[] => NEURON_PARTS.filter((part) => gated || part !== 'up');
