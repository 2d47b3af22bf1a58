import { type Command, Option } from 'commander';
import type { SearchPart } from '../../atlas/query/search.ts';
import type { NeuronPart } from '../../reading/types.ts';
import { addOutputOptions, amount, listOption, type OutputFlags } from '../options.ts';
import { addListing, FOLDER, type Listing, NEURON_PARTS, place } from './atlas-options.ts';

export function addSearch(atlas: Command): void {
  const command = atlas
    .command('search')
    .summary('neurons and heads for words')
    .description(
      'Finds the neurons and heads that are among the best of a word: king (any case, with or without a space before it),\n' +
        '\'" king"\' (exactly this text), king* (a beginning), /ing$/ (a regular expression), king queen (both), king OR queen.',
    )
    .argument('<folder>', FOLDER)
    .argument('<text...>', 'words')
    .addOption(listOption('--part <parts>', 'only these, with commas between several', [...NEURON_PARTS, 'vo', 'qk']))
    .addOption(new Option('--sign <sign>', 'only largest (+) or smallest (-) scores').choices(['+', '-']))
    .option('-k <n>', 'how many of each kind', amount, 20);
  addOutputOptions(command);
  command.action(
    async (
      folder: string,
      text: string[],
      flags: OutputFlags & { part?: SearchPart[]; sign?: '+' | '-'; k: number },
    ) => {
      const { searchReport, withAtlas } = await import('../report/atlas.ts');
      const { part: parts, sign, k } = flags;
      const query = text.join(' ');
      await withAtlas(folder, flags, async (open) => searchReport(query, await open.search(query, { parts, sign, k })));
    },
  );
}

export function addNeurons(atlas: Command): void {
  const command = atlas
    .command('neurons')
    .summary('neurons in order of a number')
    .argument('<folder>', FOLDER)
    .addOption(
      new Option(
        '--sort <column>',
        'norm, reading_norm (of the listed scores), best, worst (token score), or a column of neuron_stats',
      ).default('norm'),
    )
    .addOption(new Option('--part <part>', 'only this').choices(NEURON_PARTS));
  addListing(command);
  command.action(async (folder: string, flags: Listing & { sort: string; part?: NeuronPart }) => {
    const { neuronsReport, withAtlas } = await import('../report/atlas.ts');
    await withAtlas(folder, flags, async (open) => neuronsReport(folder, flags.sort, await open.neurons(flags)));
  });
}

export function addSimilar(atlas: Command): void {
  const command = atlas
    .command('similar')
    .summary('neurons whose lists of tokens are nearest')
    .argument('<folder>', FOLDER)
    .argument('<neuron>', 'LAYER:INDEX', place)
    .addOption(new Option('--part <part>', 'whose lists').choices(NEURON_PARTS).default('value'))
    .option('--expert <n>', 'whose neuron, in a model with experts', amount, 0)
    .option('-k <n>', 'how many', amount, 20);
  addOutputOptions(command);
  command.action(
    async (
      folder: string,
      [layer, neuron]: [number, number],
      flags: Listing & { part: NeuronPart; expert: number },
    ) => {
      const { similarReport, withAtlas } = await import('../report/atlas.ts');
      await withAtlas(folder, flags, async (open) =>
        similarReport(`${layer}:${neuron}`, await open.similar(layer, neuron, flags)),
      );
    },
  );
}
