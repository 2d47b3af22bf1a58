import type { Option } from 'commander';
import { QUESTIONS } from '../questions/index.ts';
import { factsOf, filters, reading } from '../questions/parameters.ts';
import type { AnyQuestion } from '../questions/question.ts';
import { type StatisticFacts, statisticsOf } from '../reading/statistics/catalogue.ts';
import { COMMANDS } from './commands/index.ts';
import { flagFacts, inHelp } from './definition.ts';
import { createProgram } from './program.ts';

/**
 * Tables of docs/cli.md and docs/api.md, by the name that stands in their markers: made of the definitions themselves.
 */
export function tables(): Record<string, string> {
  const { commands } = createProgram();
  const own = commands.map((command) => {
    const options = command.options.filter(({ helpGroupHeading: group }) => group === undefined);
    return [command.name(), optionTable(options)] as const;
  });
  const neuron = commands.find((command) => command.name() === 'neuron')!.options;
  const grouped = (heading: string) =>
    optionTable(neuron.filter(({ helpGroupHeading: group }) => group?.startsWith(heading)));
  return {
    ...Object.fromEntries(own),
    commands: table(
      ['command', 'what it does'],
      COMMANDS.map(({ name, summary }) => [`[\`${name}\`](#${name})`, summary]),
    ),
    reading: grouped('Reading'),
    filters: grouped('Only tokens'),
    output: grouped('Output'),
    routes: routeTable(),
    measured: statisticTable(),
  };
}

/** The text with every table between `<!-- NAME: … -->` and `<!-- end -->` made anew. */
export function withTables(text: string): string {
  const made = tables();
  return text.replace(MARKED, (_, begin: string, name: string, end: string) => {
    if (!(name in made)) throw new Error(`Expected a table of ${Object.keys(made).join(', ')}, got ${name}.`);
    return `${begin}\n${made[name]}\n${end}`;
  });
}

const MARKED = /(<!-- made of the definitions: (\w+) -->)\n[\s\S]*?(<!-- end -->)/g;

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const optionTable = (options: readonly Option[]): string =>
  table(
    ['option', 'what it does'],
    options.map((option) => [spelled(option.flags), meaning(option)]),
  );

/** `-o, --output <file>` as `-o FILE`, `--output FILE`. */
function spelled(flags: string): string {
  const [, names, value = ''] = /^([^<]+?)(?: <(.+)>)?$/.exec(flags)!;
  return names
    .split(', ')
    .map((name) => `\`${[name, value.toUpperCase()].filter(Boolean).join(' ')}\``)
    .join(', ');
}

function meaning(option: Option): string {
  const { sentence, names, more, cli = {}, default: other } = flagFacts.get(option)!;
  const usual = cli.usual ?? cli.default ?? other;
  return [
    inHelp(cli.sentence ?? sentence),
    names ? ` (${names.map((name) => `\`${name}\``).join(', ')})` : '',
    more ? `: ${more}` : '',
    usual === undefined ? '' : `; default ${usual}`,
    cli.env ? ` (also \`${cli.env}\`)` : '',
  ].join('');
}

/** Statistics that are of one family share a row. */
function statisticTable(): string {
  const rows = new Map<string, { columns: string[]; facts: StatisticFacts }>();
  for (const [name, facts] of [...statisticsOf('neurons'), ...statisticsOf('heads')]) {
    if (facts.whole || Object.keys(facts.nulls).length === 0) continue;
    const family = facts.family ?? facts.title;
    const row = rows.get(family) ?? { columns: [], facts };
    rows.set(family, { ...row, columns: [...row.columns, `\`${name}\``] });
  }
  return table(
    ['statistic', 'columns', 'p', 'random', 'shuffled', 'others'],
    [...rows].map(
      ([
        family,
        {
          columns,
          facts: { tail = '', nulls },
        },
      ]) => [
        family,
        columns.join(', '),
        tail,
        ...(['random', 'shuffled', 'others'] as const).map((of) => nulls[of] ?? '–'),
      ],
    ),
  );
}

function routeTable(): string {
  const rows = (QUESTIONS as readonly AnyQuestion[]).map(({ path, title, parameters }) => {
    const has = (shared: object) => Object.keys(shared).every((name) => name in parameters);
    const shared = { ...(has(reading) && reading), ...(has(filters) && filters) };
    const own = Object.entries(parameters)
      .filter(([name, schema]) => !(name in shared) && factsOf(schema).only !== 'cli')
      .map(([name]) => name);
    const also = has(reading) === has(filters) || !has(filters) ? '' : ', filters';
    const listed = own.length > 0 ? `\`${own.join(' ')}\`${also}` : '';
    return [`\`${path.replace(/\{(\w+)\}/g, ':$1')}\``, listed, title];
  });
  return table(['route', "parameters beside a reading's", 'answer'], rows);
}
