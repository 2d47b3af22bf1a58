/** What neurons and heads are made of, in the order in which everything names them. (The page loads this file.) */

export const NEURON_PARTS = ['key', 'up', 'value'] as const;
export type NeuronPart = (typeof NEURON_PARTS)[number];

export const HEAD_MATRICES = ['vo', 'qk'] as const;
export type HeadMatrix = (typeof HEAD_MATRICES)[number];

/** The parts that neurons have: `up` only in gated MLPs. */
export const partsOf = (gated: boolean): NeuronPart[] => NEURON_PARTS.filter((part) => gated || part !== 'up');
