import { describe, expect, it } from 'vitest';
import { csvLine } from '../../csv.ts';
import type { HeadReading, NeuronReading, ScoredToken, Token } from '../../reading/types.ts';
import { headReport } from '../report/head.ts';
import { neuronReport, vectorReport } from '../report/neuron.ts';
import { jsonPieces } from './json.ts';
import { render } from './print.ts';
import { styleOf } from './terminal.ts';
import { displayWidth } from './width.ts';

const applied = {
  foldNorm: false,
  filters: ['only-ascii'],
  embedding: 'unembed' as const,
  approximate: false,
  notes: [],
};
const token = (id: number, text: string): Token => ({
  id,
  token: text,
  label: text.replace(/^ /, '·').replace('\n', '↵'),
});
const scored = (...pairs: [string, number][]): ScoredToken[] =>
  pairs.map(([text, score], id) => ({ ...token(id, text), score }));

const neuron: NeuronReading = {
  model: 'hand',
  layer: 4,
  neuron: 100,
  normalize: 'freq',
  applied,
  parts: {
    key: { top: scored([' 日本', 7.333289], ['e\u0301', 6.9], ['👑', 0.5]), bottom: scored([' low', -3.25]) },
    value: { top: scored([' Prince', 12.04], [' "quo,ted"', 11], ['\n', 9]), bottom: scored(['|pipe', -3.5]) },
  },
};

const head: HeadReading = {
  model: 'hand',
  layer: 1,
  head: 5,
  normalize: 'freq',
  applied: { ...applied, above: 100 },
  qk: {
    pairs: [
      { first: token(1, ' more'), second: token(2, ' than'), score: 164.375 },
      { first: token(3, ' rather'), second: token(2, ' than'), score: 101 },
    ],
    count: 29769,
    above: 100,
    counters: {
      first: [
        ['·more', 31],
        ['·rather', 1],
      ],
      second: [['·than', 32]],
    },
  },
};

const text = (
  report: Parameters<typeof render>[0],
  format: Parameters<typeof render>[1],
  columns = 100,
  color = false,
) => [...render(report, format, { columns, style: styleOf(color) })].join('');

describe('table', () => {
  it('wraps what may not be cut, paths too', () => {
    const report = {
      ...neuronReport(neuron),
      title: '',
      applied: [],
      groups: [
        {
          blocks: [
            {
              columns: [{ name: 'what' }, { name: 'is', flexible: true, wraps: true }],
              rows: [
                ['heads', '9 of 64 dimensions'],
                ['files', '/models/sample.gguf'],
              ],
            },
          ],
        },
      ],
    };
    expect(text(report, 'table', 22)).toBe(
      ['  heads  9 of 64', '         dimensions', '  files  /models/sampl', '         e.gguf', ''].join('\n'),
    );
  });

  it('shows the parts of a neuron side by side, aligned by display width', () => {
    expect(text(neuronReport(neuron), 'table')).toBe(
      [
        'neuron 4:100 of hand',
        'normalised by freq · norm not folded in · only tokens that pass only-ascii',
        '',
        '     key (reads)    value (writes)',
        '  1  ·日本  7.33    ·Prince     12.04',
        '  2  e\u0301      6.90    ·"quo,ted"  11.00',
        '  3  👑     0.50    ↵            9.00',
        '',
        '     key, lowest    value, lowest',
        '  1  ·low  -3.25    |pipe   -3.50',
        '',
      ].join('\n'),
    );
  });

  it('shows pairs around an arrow, with the count and the counters below', () => {
    expect(text(headReport(head), 'table')).toBe(
      [
        'head 1:5 of hand',
        'normalised by freq · norm not folded in · only tokens that pass only-ascii · above 100',
        '',
        '     QK (query → key)',
        '  1    ·more → ·than  164.4',
        '  2  ·rather → ·than  101.0',
        '',
        '  QK  29,769 pairs above 100, 2 listed',
        '      first   ·more ×31',
        '      second  ·than ×32',
        '',
      ].join('\n'),
    );
  });

  it('has no counter that repeats the list, each word once', () => {
    const once = (...labels: string[]): [string, number][] => labels.map((label) => [label, 1]);
    const said = (first: [string, number][]) =>
      text(headReport({ ...head, qk: { ...head.qk!, counters: { first, second: [['·than', 2]] } } }), 'table');
    expect(said(once('·more', '·rather'))).toMatch(/2 listed\n {6}second {2}·than ×2\n/);
    // A pair that is not listed has a word to say.
    expect(said(once('·more', '·rather', '·less'))).toContain('first   ·more ×1  ·rather ×1  ·less ×1');
  });

  it('never has a line wider than the terminal, and puts blocks below each other when they do not fit', () => {
    for (let columns = 24; columns <= 120; columns++) {
      for (const report of [neuronReport(neuron), headReport(head)]) {
        for (const line of text(report, 'table', columns).split('\n')) {
          expect(displayWidth(line), `${columns} columns: ${line}`).toBeLessThanOrEqual(columns);
        }
      }
    }
    expect(text(neuronReport(neuron), 'table', 36)).toMatch(/key \(reads\)\n[^v]*value \(writes\)\n/);
  });

  it('has the same letters with colour as without', () => {
    const esc = String.fromCharCode(27);
    const colored = text(neuronReport(neuron), 'table', 100, true);
    expect(colored).toContain(`${esc}[`);
    expect(colored.replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), '')).toBe(text(neuronReport(neuron), 'table'));
  });

  it('says only the count when only that was asked for', () => {
    const counted = { ...head, qk: { ...head.qk!, pairs: [], counters: { first: [], second: [] } } };
    expect(text(headReport(counted, { countOnly: true }), 'table')).toContain('\n  QK  29,769\n');
    expect([...headReport(counted, { countOnly: true }).records()]).toEqual([
      { model: 'hand', layer: 1, head: 5, matrix: 'qk', count: 29769 },
    ]);
  });
});

describe('json and ndjson', () => {
  it('prints the reading as it is', () => {
    expect(JSON.parse(text(neuronReport(neuron), 'json'))).toEqual(neuron);
    expect(JSON.parse(text(headReport(head), 'json'))).toEqual(head);
  });

  it('has one object per line', () => {
    const lines = text(headReport(head), 'ndjson')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toEqual({ model: 'hand', layer: 1, head: 5, matrix: 'qk', rank: 1, ...head.qk!.pairs[0] });
    expect(lines).toHaveLength(2);
  });
});

describe('csv', () => {
  it('has a column for every name of records of several kinds', () => {
    const records = [
      { model: 'm', neuron: 1 },
      { model: 'm', first: { id: 7 } },
    ];
    expect(text({ ...neuronReport(neuron), records: () => records }, 'csv')).toBe(
      'model,neuron,first_id\r\nm,1,\r\nm,,7\r\n',
    );
    expect(text({ ...neuronReport(neuron), records: () => [] }, 'csv')).toBe('');
  });

  it('quotes what RFC 4180 asks for and flattens nested objects', () => {
    expect(text(neuronReport(neuron), 'csv').split('\r\n')).toEqual([
      'model,layer,neuron,part,end,rank,id,token,label,score',
      'hand,4,100,key,top,1,0," 日本",·日本,7.333289',
      'hand,4,100,key,top,2,1,e\u0301,e\u0301,6.9',
      'hand,4,100,key,top,3,2,👑,👑,0.5',
      'hand,4,100,key,bottom,1,0," low",·low,-3.25',
      'hand,4,100,value,top,1,0," Prince",·Prince,12.04',
      'hand,4,100,value,top,2,1," ""quo,ted""","·""quo,ted""",11',
      'hand,4,100,value,top,3,2,"\n",↵,9',
      'hand,4,100,value,bottom,1,0,|pipe,|pipe,-3.5',
      '',
    ]);
    expect(text(headReport(head), 'csv')).toContain(
      'model,layer,head,matrix,rank,first_id,first_token,first_label,second_id,second_token,second_label,score\r\n',
    );
  });
});

describe('markdown', () => {
  it('escapes what would break a table or be taken for markup', () => {
    const odd = vectorReport({
      model: 'hand',
      vector: 'tok:"<b>"',
      normalize: 'none',
      applied: { ...applied, filters: [], notes: ['A note.'] },
      top: scored(['a|b', 2], ['<b>', 1], ['*_`', 0]),
      bottom: [],
    });
    expect(text(odd, 'markdown')).toBe(
      [
        '## tok:"&lt;b>" in hand',
        '',
        'normalised by nothing · norm not folded in · all tokens',
        '',
        '| # | highest: token | score |',
        '| ---: | --- | ---: |',
        '| 1 | a\\|b | 2.00 |',
        '| 2 | &lt;b> | 1.00 |',
        '| 3 | \\*\\_\\` | 0.00 |',
        '',
        'A note.',
        '',
      ].join('\n'),
    );
  });
});

describe('what a file says', () => {
  const nasty = '\u001b[31mred\u007f\u009b\u202eevil\n2nd\u200b';
  const report: Parameters<typeof render>[0] = {
    title: nasty,
    applied: [nasty],
    groups: [
      {
        title: nasty,
        text: nasty,
        blocks: [
          {
            heading: nasty,
            columns: [{ name: nasty, shown: true, wraps: true }],
            rows: [[nasty]],
            footer: { name: nasty, text: nasty, lists: [{ name: nasty, items: [nasty] }] },
          },
        ],
      },
    ],
    notes: [nasty],
    json: { [nasty]: nasty },
    records: () => [{ [nasty]: nasty }],
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const obeyed = /[\0-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

  it.each(['table', 'json', 'ndjson', 'csv', 'markdown'] as const)('is never obeyed by a terminal, as %s', (format) => {
    const terminal = { columns: 80, style: styleOf(false) };
    for (const visible of [true, false]) {
      const out = [...render(report, format, terminal, { visible })].join('');
      expect(out).not.toMatch(obeyed);
      if (format === 'csv' && !visible) continue;
      expect(out).not.toMatch(/^2nd/m);
    }
  });

  it('is the same text in JSON', () => {
    const terminal = { columns: 80, style: styleOf(false) };
    expect(JSON.parse([...render(report, 'json', terminal)].join(''))).toEqual({ [nasty]: nasty });
    expect(JSON.parse([...render(report, 'ndjson', terminal)].join(''))).toEqual({ [nasty]: nasty });
  });

  it('is no formula in CSV, while numbers and single signs stay what they are', () => {
    const cells = ['=HYPERLINK("http://x")', '+a', '-ing', '@x', '\t=1', '-5', '+1.5e3', '-', '+', -5, 'a=1', ''];
    expect(csvLine(cells)).toBe('"\'=HYPERLINK(""http://x"")",\'+a,\'-ing,\'@x,\'\t=1,-5,+1.5e3,-,+,-5,a=1,\r\n');
  });

  it('is written out where a cell holds more than a plain value', () => {
    const cells = [[1, 'a', true], [{ a: 1 }], { a: [1] }, new Date(0), new Uint8Array([1, 255]), true, 12n, null];
    expect(csvLine(cells)).toBe('1 a true,"[{""a"":1}]","{""a"":[1]}",1970-01-01T00:00:00.000Z,01ff,true,12,\r\n');
  });
});

it('writes long JSON in pieces that are what JSON.stringify gives', () => {
  const value = {
    a: [1, { b: [2, []] }],
    gone: undefined,
    long: Array.from({ length: 1500 }, (_, i) => ({ i, inner: [i, { x: 'y' }], none: undefined })),
    deep: { long: Array.from({ length: 1001 }, () => null), date: new Date(0), empty: {} },
  };
  expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value, null, 2));
  expect([...jsonPieces(value.long)].length).toBeGreaterThan(1500);
});
