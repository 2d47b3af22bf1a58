/** A process that builds one atlas and tells its parent how far it is: `build-atlas.node.js MODEL FOLDER`. */
import { buildAtlas } from '../atlas/atlas.node.ts';
import { ATLAS_PARTS } from '../atlas/schema.ts';
import { WeightscopeError } from '../errors.ts';
import { openModel } from '../node.ts';

const [name, folder] = process.argv.slice(2);
// A parent that ended has no more use for it.
process.on('disconnect', () => process.exit(1));
try {
  const model = await openModel(name);
  const progress = (done: number, what: string) => process.send?.({ done, what });
  const searchable = () => process.send?.({ searchable: true });
  // With statistics: the map of the model is coloured by them.
  await buildAtlas(model, folder, { what: ATLAS_PARTS, resume: true, progress, searchable });
  process.exit(0);
} catch (error) {
  const code = error instanceof WeightscopeError ? error.code : 'INTERNAL';
  process.send?.({ error: { code, message: (error as Error).message } }, () => process.exit(1));
}
