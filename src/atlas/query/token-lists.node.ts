import type { Sign } from '../schema.ts';
import { ColumnFile } from './columns.node.ts';
import { damaged } from './damaged.ts';
import type { AtlasFolder } from './folder.node.ts';
import type { Places } from './places.ts';

/** One list of a token: the numbers of its best neurons (heads), see {@link Places}, and their scores. */
export interface TokenList {
  number: Float64Array;
  score: Float64Array;
}

/** The table `token_neurons` or `token_heads`: every token's best neurons (heads), by part (matrix) and sign. */
export class TokenLists<P extends string> {
  readonly parts: readonly P[];
  readonly places: Places;
  readonly #files: { part: P; from: number; to: number; each: number; file: ColumnFile }[];
  readonly #columns: { part: 'part' | 'matrix'; expert: boolean; index: 'neuron' | 'head' };

  constructor(folder: AtlasFolder, table: 'token_neurons' | 'token_heads', places: Places) {
    const ofNeurons = table === 'token_neurons';
    this.#columns = { part: ofNeurons ? 'part' : 'matrix', expert: ofNeurons, index: ofNeurons ? 'neuron' : 'head' };
    this.places = places;
    this.#files = folder.files[table].map((found) =>
      damaged(found.path, () => {
        const file = new ColumnFile(found);
        const [from, last] = file.range('token') as [number, number];
        const each = file.rows / (last + 1 - from);
        if (each % 2 !== 0) throw new Error('its tokens have not all the same number of rows');
        return { part: file.only(this.#columns.part) as P, from, to: last + 1, each, file };
      }),
    );
    this.parts = [...new Set(this.#files.map(({ part }) => part))];
  }

  /**
   * Calls `visit` with each token's lists of a part, `signs` in the order of SIGNS; what it is given is used again for
   * the next.
   */
  each(
    part: P,
    tokens: readonly number[],
    signs: readonly Sign[],
    visit: (token: number, sign: Sign, list: TokenList) => void,
  ): void {
    for (const { from, to, each, file } of this.#files.filter((file) => file.part === part)) {
      const own = tokens.filter((token) => token >= from && token < to);
      if (own.length === 0) continue;
      const k = each / 2;
      const rows = k * signs.length;
      const skipped = signs[0] === '-' ? k : 0;
      const { expert, index } = this.#columns;
      const [layers, experts, indexes] = [new Int32Array(rows), new Int32Array(rows), new Int32Array(rows)];
      const [number, score] = [new Float64Array(rows), new Float64Array(rows)];
      file.open((read) => {
        for (const token of own) {
          const row = (token - from) * each + skipped;
          read('layer', row, layers);
          if (expert) read('expert', row, experts);
          read(index, row, indexes);
          read('score', row, score);
          for (let i = 0; i < rows; i++) number[i] = this.places.number(layers[i], experts[i], indexes[i]);
          signs.forEach((sign, i) => {
            // A token that is left out has rows without scores.
            const [start, end] = [i * k, Number.isNaN(score[i * k]) ? i * k : (i + 1) * k];
            visit(token, sign, { number: number.subarray(start, end), score: score.subarray(start, end) });
          });
        }
      });
    }
  }

  /** One list; empty where there is none. */
  list(part: P, token: number, sign: Sign): TokenList {
    let found: TokenList = { number: new Float64Array(), score: new Float64Array() };
    this.each(part, [token], [sign], (_, __, list) => {
      found = list;
    });
    return found;
  }
}
