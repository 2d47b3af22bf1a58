import type { Sign } from '../schema.ts';
import { ColumnFile } from './columns.ts';
import { damaged } from './damaged.ts';
import type { AtlasFolder } from './folder.ts';
import { inParallel } from './parallel.ts';
import type { Places } from './places.ts';

/** One list of a token: the numbers of its best neurons (heads), see {@link Places}, and their scores. */
export interface TokenList {
  number: Float64Array;
  score: Float64Array;
}

interface ListFile<P> {
  part: P;
  /** Its tokens [from, to). */
  from: number;
  to: number;
  each: number;
  file: ColumnFile;
}

interface Columns {
  part: 'part' | 'matrix';
  expert: boolean;
  index: 'neuron' | 'head';
}

/** The table `token_neurons` or `token_heads`: every token's best neurons (heads), by part (matrix) and sign. */
export class TokenLists<P extends string> {
  readonly parts: readonly P[];
  readonly places: Places;
  readonly #files: readonly ListFile<P>[];
  readonly #columns: Columns;

  static async open<P extends string>(
    folder: AtlasFolder,
    table: 'token_neurons' | 'token_heads',
    places: Places,
  ): Promise<TokenLists<P>> {
    const ofNeurons = table === 'token_neurons';
    const columns: Columns = {
      part: ofNeurons ? 'part' : 'matrix',
      expert: ofNeurons,
      index: ofNeurons ? 'neuron' : 'head',
    };
    const files = await inParallel(folder.files[table], (found) =>
      damaged(found.path, async () => {
        const file = new ColumnFile(found);
        const [from, last] = (await file.range('token')) as [number, number];
        const each = file.rows / (last + 1 - from);
        if (each % 2 !== 0) throw new Error('its tokens have not all the same number of rows');
        return { part: (await file.only(columns.part)) as P, from, to: last + 1, each, file };
      }),
    );
    return new TokenLists(places, columns, files);
  }

  private constructor(places: Places, columns: Columns, files: readonly ListFile<P>[]) {
    this.places = places;
    this.#columns = columns;
    this.#files = files;
    this.parts = [...new Set(files.map(({ part }) => part))];
  }

  /**
   * Calls `visit` with each token's lists of a part, `signs` in the order of SIGNS; what it is given is used again for
   * the next.
   */
  async each(
    part: P,
    tokens: readonly number[],
    signs: readonly Sign[],
    visit: (token: number, sign: Sign, list: TokenList) => void,
  ): Promise<void> {
    for (const { from, to, each, file } of this.#files.filter((file) => file.part === part)) {
      const own = tokens.filter((token) => token >= from && token < to);
      if (own.length === 0) continue;
      const k = each / 2;
      const rows = k * signs.length;
      const skipped = signs[0] === '-' ? k : 0;
      const { expert, index } = this.#columns;
      const [layers, experts, indexes] = [new Int32Array(rows), new Int32Array(rows), new Int32Array(rows)];
      const [number, score] = [new Float64Array(rows), new Float64Array(rows)];
      await file.open(async (read) => {
        for (const token of own) {
          const row = (token - from) * each + skipped;
          await read('layer', row, layers);
          if (expert) await read('expert', row, experts);
          await read(index, row, indexes);
          await read('score', row, score);
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
  async list(part: P, token: number, sign: Sign): Promise<TokenList> {
    let found: TokenList = { number: new Float64Array(), score: new Float64Array() };
    await this.each(part, [token], [sign], (_, __, list) => {
      found = list;
    });
    return found;
  }
}
