/** Neurons (heads) that are numbered one behind the other: of one layer, and one expert. */
export interface Group {
  layer: number;
  expert: number;
  count: number;
  /** The number of its first neuron (head), counted over all groups. */
  first: number;
}

/** Places of neurons (heads) as numbers 0, 1, … in the order of layer, expert and index. */
export class Places {
  readonly groups: readonly Group[];
  readonly size: number;
  readonly #groups: Group[][] = [];

  constructor(counts: readonly Omit<Group, 'first'>[]) {
    let first = 0;
    this.groups = [...counts]
      .sort((a, b) => a.layer - b.layer || a.expert - b.expert)
      .map((group) => {
        const numbered = { ...group, first };
        first += group.count;
        return numbered;
      });
    this.size = first;
    for (const group of this.groups) {
      this.#groups[group.layer] ??= [];
      this.#groups[group.layer][group.expert] = group;
    }
  }

  /** NaN for one that is not there. */
  number(layer: number, expert: number, index: number): number {
    const group = this.#groups[layer]?.[expert];
    return group && index < group.count ? group.first + index : Number.NaN;
  }

  place(number: number): { layer: number; expert: number; index: number } {
    let [low, high] = [0, this.groups.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.groups[middle].first <= number) low = middle;
      else high = middle - 1;
    }
    const { layer, expert, first } = this.groups[low];
    return { layer, expert, index: number - first };
  }

  group(layer: number, expert: number): Group | undefined {
    return this.#groups[layer]?.[expert];
  }
}
