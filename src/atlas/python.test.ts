import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tinyModel } from '../../test/tiny-model.ts';
import { referenceEngine } from '../engine/reference/reference.ts';
import { buildAtlas, openAtlas } from './atlas.node.ts';
import { ATLAS_PARTS, TABLE_NAMES, TABLES } from './schema.ts';

const python = process.env.WEIGHTSCOPE_PYTHON ?? '';

const PROGRAM = `
import json, sys
import pyarrow.dataset as ds
tables = {}
for name in sys.argv[2:]:
    table = ds.dataset(f"{sys.argv[1]}/{name}", format="parquet").to_table()
    types = {f.name: str(f.type) for f in table.schema}
    tables[name] = {"types": types, "rows": table.to_pylist()}
json.dump(tables, sys.stdout)
`;

const TYPES = { INT32: 'int32', DOUBLE: 'double', STRING: 'string', BOOLEAN: 'bool' } as const;

describe.skipIf(!python)(
  `with Python's pyarrow${python ? '' : ' (skipped: set WEIGHTSCOPE_PYTHON to a python that has it)'}`,
  () => {
    it('every table has the documented columns and types, and the rows that DuckDB reads', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'atlas-python-'));
      const words = ['king', ' Köln', '東', '\ud800', '"quoted",', ...Array.from({ length: 25 }, (_, i) => ` w${i}`)];
      const options = { top: 7, pairs: 20, columns: 4, what: ATLAS_PARTS, engine: referenceEngine() };
      await buildAtlas(tinyModel({ words }), folder, options);
      const atlas = await openAtlas(folder);
      const output = execFileSync(python, ['-c', PROGRAM, folder, ...TABLE_NAMES], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      const read = JSON.parse(output) as Record<string, { types: Record<string, string>; rows: object[] }>;
      for (const table of TABLE_NAMES) {
        const columns = Object.entries(TABLES[table]);
        expect(read[table].types).toEqual(
          Object.fromEntries(columns.map(([name, spec]) => [name, TYPES[spec.replace('?', '') as keyof typeof TYPES]])),
        );
        expect(read[table].rows.length).toBeGreaterThan(0);
        expect(sorted(await atlas.sql(`SELECT * FROM ${table}`))).toEqual(sorted(read[table].rows));
      }
      atlas.close();
      await rm(folder, { recursive: true });
    });
  },
);

const sorted = (rows: object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
