// What is fuzzed: each target makes a structure from randomness (bytes, nearly right) and reads it as the library does.
// `mutate` changes its bytes; where the structure is JSON it mostly stays JSON.
import { textTargets } from './targets/texts.mjs';
import { vocabularyTargets } from './targets/vocabulary.mjs';
import { weightsTargets } from './targets/weights.mjs';

/** Targets over the library built in `dist`. */
export async function targetsOf(dist) {
  const load = (path) => import(`${dist}/${path}.js`);
  const kinds = [weightsTargets, vocabularyTargets, textTargets];
  return Object.assign({}, ...(await Promise.all(kinds.map((targets) => targets(load)))));
}
