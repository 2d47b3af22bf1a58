import type { Command } from 'commander';
import { flagFacts } from '../definition.ts';
import type { Report } from '../output/report.ts';

/** What a flag means, and the commands in which it means that. */
export interface FlagMeaning {
  flag: string;
  meaning: string;
  commands: string[];
}

/** All that a flag of this name means, dashes or not: `only-alnum`, `--only-alnum`, `-k`; none where there is none. */
export function meaningsOf(name: string, program: Command): FlagMeaning[] {
  const wanted = plain(name);
  const found = new Map<string, FlagMeaning>();
  for (const [of, command] of commandsOf(program)) {
    for (const option of command.options) {
      const { long, short, flags, description, argChoices, defaultValue } = option;
      // A single letter is a short name: `-k`, and no flag's long one.
      if (![long, short].some((known) => known !== undefined && plain(known) === wanted)) continue;
      const facts = flagFacts.get(option);
      // Help says it once, above the group: `Only tokens that pass all of:`.
      const heading = option.helpGroupHeading ?? '';
      const said = heading.includes(' ') ? `${heading.replace(' all of', '')} ${description}` : description;
      const meaning = [
        `${said[0].toUpperCase()}${said.slice(1)}${facts?.more ? `: ${facts.more}` : ''}.`,
        ...(argChoices ? [`One of ${argChoices.join(', ')}.`] : []),
        ...(defaultValue === undefined || typeof defaultValue === 'boolean' ? [] : [`Default ${defaultValue}.`]),
      ].join(' ');
      const known = found.get(`${flags} ${meaning}`);
      if (known) known.commands.push(of);
      else found.set(`${flags} ${meaning}`, { flag: flags, meaning, commands: [of] });
    }
  }
  return [...found.values()];
}

/** Names of all flags, without dashes. */
export const flagNames = (program: Command): string[] => [
  ...new Set(
    commandsOf(program).flatMap(([, { options }]) => options.flatMap(({ long }) => (long ? [long.slice(2)] : []))),
  ),
];

export function flagReport(meanings: readonly FlagMeaning[]): Report {
  const flags = new Set(meanings.map(({ flag }) => flag));
  return {
    title: [...flags].join(' or '),
    applied: [],
    groups: meanings.map(({ flag, meaning, commands }) => ({
      ...(flags.size > 1 && { title: flag }),
      text: `${meaning} A flag of ${commands.join(', ')}.`,
      blocks: [],
    })),
    notes: [`All flags: weightscope help ${meanings[0].commands[0]}.`],
    json: meanings.length === 1 ? meanings[0] : meanings,
    records: () => meanings.map(({ commands, ...meaning }) => ({ ...meaning, commands: commands.join(' ') })),
  };
}

/** Every command that has flags, by its name as it is typed. */
const commandsOf = (program: Command): [name: string, command: Command][] =>
  program.commands.flatMap((command) =>
    command.commands.length === 0
      ? [[command.name(), command] as [string, Command]]
      : command.commands.map((inner) => [`${command.name()} ${inner.name()}`, inner] as [string, Command]),
  );

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^-+/, '')
    .replaceAll(/[\s_-]+/g, '-')
    .trim();
