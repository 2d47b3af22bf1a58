import type { Command } from 'commander';
import { addBuild, addPlan } from './atlas-build.ts';
import { addAtlasRelations, addCompositions, addHeads, addSpectrum } from './atlas-heads.ts';
import { addNeurons, addSearch, addSimilar } from './atlas-neurons.ts';
import { addCheck, addDiff, addExport, addSql } from './atlas-tables.ts';

/** `atlas VERB`: each verb parses, makes one library call and prints. */
export function addAtlas(program: Command): void {
  const atlas = program
    .command('atlas')
    .summary('all readings of a model in a folder, searched by word')
    .description('Builds the atlas of a model, a folder of Parquet files, and answers questions about it.');
  for (const add of [
    addBuild,
    addPlan,
    addSearch,
    addNeurons,
    addHeads,
    addAtlasRelations,
    addSpectrum,
    addCompositions,
    addSimilar,
    addSql,
    addExport,
    addDiff,
    addCheck,
  ])
    add(atlas);
}
