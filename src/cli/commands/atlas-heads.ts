import { type Command, Option } from 'commander';
import type { Atlas } from '../../atlas/query/atlas.node.ts';
import { addOutputOptions, amount, type OutputFlags } from '../options.ts';
import { addListing, FOLDER, type Listing, place } from './atlas-options.ts';

export function addHeads(atlas: Command): void {
  const command = atlas
    .command('heads')
    .summary('heads in order of a number')
    .argument('<folder>', FOLDER)
    .addOption(
      new Option('--sort <column>', 'best (pair), worst, or a column of head_stats such as copying_z').default('best'),
    )
    .addOption(new Option('--matrix <matrix>', 'only this').choices(['vo', 'qk']));
  addListing(command);
  command.action(async (folder: string, flags: Listing & { sort: string; matrix?: 'vo' | 'qk' }) => {
    const { headsReport, withAtlas } = await import('../report/atlas.ts');
    await withAtlas(folder, flags, async (open) => headsReport(folder, flags.sort, await open.heads(flags)));
  });
}

export function addAtlasRelations(atlas: Command): void {
  const command = atlas
    .command('relations')
    .summary('heads by how strongly they implement a relation between words')
    .argument('<folder>', FOLDER)
    .option('--relation <name>', 'only this, such as capitals')
    .option('--sort <column>', 'promoted, suppressed, or either with _z or _shuffled_z', 'promoted');
  addListing(command);
  command.action(async (folder: string, flags: Listing & { sort: string; relation?: string }) => {
    const { relationsReport, withAtlas } = await import('../report/atlas.ts');
    await withAtlas(folder, flags, async (open) => relationsReport(folder, flags.sort, await open.relations(flags)));
  });
}

export function addSpectrum(atlas: Command): void {
  const command = atlas
    .command('spectrum')
    .summary('a head’s singular directions as tokens')
    .argument('<folder>', FOLDER)
    .argument('<head>', 'LAYER:HEAD', place)
    .addOption(new Option('--matrix <matrix>', 'which').choices(['vo', 'qk']).default('vo'));
  addOutputOptions(command);
  command.action(
    async (folder: string, [layer, head]: [number, number], flags: OutputFlags & { matrix: 'vo' | 'qk' }) => {
      const { spectrumReport, withAtlas } = await import('../report/atlas.ts');
      await withAtlas(folder, flags, async (open) =>
        spectrumReport(`${layer}:${head}`, await open.spectrum(layer, head, flags.matrix)),
      );
    },
  );
}

export function addCompositions(atlas: Command): void {
  const command = atlas
    .command('compositions')
    .summary('pairs of heads by how much of what one writes the other reads')
    .argument('<folder>', FOLDER)
    .option('--from <head>', 'only what this head writes, LAYER:HEAD', place)
    .option('--to <head>', 'only what this head reads', place)
    .addOption(new Option('--kind <kind>', 'only as query, key or value').choices(['q', 'k', 'v']))
    .addOption(new Option('--sort <column>', 'in order of').choices(['score', 'z']).default('score'))
    .option('--ascending', 'smallest first')
    .option('-k <n>', 'how many', amount, 20);
  addOutputOptions(command);
  command.action(async (folder: string, flags: OutputFlags & Parameters<Atlas['compositions']>[0]) => {
    const { compositionsReport, withAtlas } = await import('../report/atlas.ts');
    await withAtlas(folder, flags, async (open) => compositionsReport(folder, await open.compositions(flags)));
  });
}
