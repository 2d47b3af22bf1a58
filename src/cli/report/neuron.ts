import { rankedRows } from '../../questions/table.ts';
import { chanceNotes } from '../../reading/chance-in-words.ts';
import { neuronText } from '../../reading/place.ts';
import type { NeuronPart, NeuronReading, RankedTokens, VectorReading } from '../../reading/types.ts';
import type { Block, Group, Report, Tone } from '../output/report.ts';
import { appliedLine, foldColumn, tokenBlock } from './reading.ts';

const ROLE: Record<NeuronPart, { text: string; tone: Tone }> = {
  key: { text: 'key (reads)', tone: 'read' },
  up: { text: 'up (reads)', tone: 'read' },
  value: { text: 'value (writes)', tone: 'write' },
};

/** How many tokens were asked for at either end. */
interface Lengths {
  k?: number;
  bottom?: number;
}

const nothingAsked = ({ k, bottom = 0 }: Lengths): boolean => k === 0 && bottom === 0;

const emptyNotes = (asked: Lengths): string[] =>
  nothingAsked(asked) ? ['No tokens were asked for: -k and --bottom are 0.'] : [];

/** Whether lists have nothing to say, as those of what a difference does not touch; a note says so. */
const isNothing = ({ top, bottom }: Pick<RankedTokens, 'top' | 'bottom'>): boolean =>
  top.length + bottom.length > 0 && [...top, ...bottom].every(({ score }) => score === 0);

/** A neuron's parts side by side; the other end of each ranking below. */
export function neuronReport(reading: NeuronReading, asked: Lengths = {}): Report {
  const { model, layer, neuron, expert, normalize, applied } = reading;
  const whose = expert === undefined ? {} : { expert };
  return {
    title: `neuron ${neuronText(reading)} of ${model}`,
    applied: appliedLine(normalize, applied),
    groups: nothingAsked(asked) ? [] : neuronGroups(reading),
    notes: [...emptyNotes(asked), ...chanceNotes(partsOf(reading), 'neurons'), ...applied.notes],
    json: reading,
    *records() {
      for (const [part, ranked] of partsOf(reading))
        yield* rankedRows(ranked, { model, layer, ...whose, neuron, part });
    },
  };
}

export function neuronGroups(reading: NeuronReading): Group[] {
  const parts = partsOf(reading).filter(([, ranked]) => !isNothing(ranked));
  if (parts.length === 0) return [];
  return rankedGroups(
    parts.map(([part, { top }]) => tokenBlock(ROLE[part].text, ROLE[part].tone, top, foldColumn(reading.applied))),
    parts.map(([part, { bottom }]) => tokenBlock(`${part}, lowest`, 'low', bottom, foldColumn(reading.applied))),
  );
}

/** Any vector as words: its best tokens and, where asked for, its worst beside them. */
export function vectorReport(reading: VectorReading, asked: Lengths = {}): Report {
  const { model, vector, normalize, applied, top, bottom } = reading;
  return {
    title: `${vector} in ${model}`,
    applied: appliedLine(normalize, applied),
    groups:
      nothingAsked(asked) || isNothing(reading)
        ? []
        : [
            {
              ranked: true,
              blocks: [
                ...(top.length ? [tokenBlock('highest', 'read', top)] : []),
                ...(bottom.length ? [tokenBlock('lowest', 'low', bottom)] : []),
              ],
            },
          ],
    notes: [...emptyNotes(asked), ...chanceNotes([['', reading]]), ...applied.notes],
    json: reading,
    records: () => rankedRows(reading, { model, vector }),
  };
}

function rankedGroups(top: Block[], bottom: Block[]): Group[] {
  const filled = [top, bottom].map((blocks) => blocks.filter((block) => block.rows.length > 0));
  // Nothing passed the filters: the headings still say what was asked.
  if (filled.every((blocks) => blocks.length === 0)) return [{ blocks: top }];
  return filled.filter((blocks) => blocks.length > 0).map((blocks) => ({ ranked: true, blocks }));
}

function partsOf({ parts }: NeuronReading): [NeuronPart, RankedTokens][] {
  return (Object.keys(ROLE) as NeuronPart[]).flatMap((part) => {
    const ranked = parts[part];
    return ranked ? [[part, ranked] as [NeuronPart, RankedTokens]] : [];
  });
}
