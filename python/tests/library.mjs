// Ten readings by the library's own functions, as JSON, for test_readings.py. node library.mjs FOLDER_WITH_DIST
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ws = await import(pathToFileURL(join(process.argv[2], 'dist/node.js')));
const model = await ws.openModel('sample');
process.stdout.write(
  JSON.stringify({
    neuron: (await ws.readNeuron(model, 4, 100, { k: 7, bottom: 3, chance: false })).parts,
    cosine: (await ws.readNeuron(model, 2, 7, { k: 4, chance: false, normalize: 'cosine', foldNorm: true })).parts,
    head: (await ws.readHead(model, 1, 5, { k: 6, above: 75, excludeSame: true, filters: { onlyAlnum: true } })).vo,
    histogram: (await ws.neuronHistograms(model, 3, 11, { bins: 12 })).parts,
    numbers: Array.from(await ws.neuronVector(model, 1, 9, 'key')),
    similar: await ws.similarNeurons(model, 4, 100, { part: 'value', k: 5 }),
    row: (await ws.readHeadRow(model, 1, 5, 'qk', 540, { k: 5, bottom: 2 })).top,
    heat: (await ws.headHeatMap(model, 5, 2, 'vo', { rows: 4, columns: 3 })).scores,
    vector: (
      await ws.readVector(model, 'tok:" king" - tok:" man"', { normalize: 'cosine', k: 6, bottom: 0, chance: false })
    ).top,
    tokens: ws.findTokens(model, { prefix: 'king', k: 9 }).tokens,
    token: (await ws.readToken(model, 3261, { k: 3 })).neurons,
  }),
);
await model.close();
