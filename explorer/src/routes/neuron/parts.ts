import type { NeuronPart } from '../../api/types.ts';
import type { Tone } from '../../components/bar.tsx';

/** A neuron's vectors in the order they act. */
export const PARTS: readonly { part: NeuronPart; title: string; hint: string; tone: Tone }[] = [
  { part: 'key', title: 'Key', hint: 'what makes it fire', tone: 'read' },
  { part: 'up', title: 'Up', hint: 'what scales it', tone: 'neutral' },
  { part: 'value', title: 'Value', hint: 'what it writes', tone: 'write' },
];
