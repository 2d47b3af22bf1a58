import type { Command, Option } from 'commander';
import { shellQuoted } from './output/shell.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/** A completion script made from the command definitions, so that it knows what the program knows. */
export function completionScript(program: Command, shell: Shell): string {
  const verbs = program.commands.flatMap((command) => [verbOf(command), ...command.commands.map((one) => verbOf(one))]);
  return { bash, zsh, fish }[shell](program.name(), verbs);
}

interface Verb {
  name: string;
  /** The command of commands that it stands behind, as `build` behind `atlas`. */
  group?: string;
  /** What it is a command of; empty for all that do something themselves. */
  inner: string[];
  summary: string;
  options: Flag[];
  arguments: { name: string; choices?: readonly string[] }[];
}

interface Flag {
  short?: string;
  long?: string;
  text: string;
  /** What its value may be; undefined: it takes none. */
  value?: 'file' | 'word' | readonly string[];
}

function verbOf(command: Command): Verb {
  const help: Flag = { short: '-h', long: '--help', text: 'show what the command takes' };
  const inner = command.commands.map((one) => one.name());
  return {
    name: command.name(),
    group: command.parent?.parent ? command.parent.name() : undefined,
    inner,
    summary: command.summary() || command.description(),
    options: [...command.options.map(flagOf), help],
    arguments: inner.length
      ? [{ name: 'command', choices: inner }]
      : command.registeredArguments.map((argument) => ({ name: argument.name(), choices: argument.argChoices })),
  };
}

/** `atlas/build`, or `neuron`. */
const keyOf = ({ group, name }: Verb): string => (group ? `${group}/${name}` : name);

const groupsOf = (verbs: readonly Verb[]): Verb[] => verbs.filter(({ inner }) => inner.length > 0);

function flagOf(option: Option): Flag {
  const { short, long, description, argChoices, flags } = option;
  const takesValue = option.required || option.optional;
  const value = !takesValue ? undefined : (argChoices ?? (flags.includes('<file>') ? 'file' : 'word'));
  return { short, long, text: description, value };
}

const namesOf = ({ short, long }: Flag): string[] => [short, long].filter((name) => name !== undefined);

function bash(program: string, verbs: Verb[]): string {
  const values = verbs.flatMap((verb) =>
    verb.options.flatMap((flag) => {
      if (!flag.value) return [];
      const pattern = namesOf(flag)
        .map((name) => `${keyOf(verb)}:${name}`)
        .join('|');
      if (flag.value === 'file') return [`    ${pattern}) files=1 ;;`];
      return [`    ${pattern}) choices="${flag.value === 'word' ? '' : flag.value.join(' ')}" ;;`];
    }),
  );
  const options = verbs.map((verb) => `      ${keyOf(verb)}) choices="${verb.options.flatMap(namesOf).join(' ')}" ;;`);
  const fixed = verbs.flatMap((verb) =>
    verb.arguments.flatMap(({ choices }, i) =>
      choices ? [`      ${keyOf(verb)}:${i + 1}) choices="${choices.join(' ')}" ;;`] : [],
    ),
  );
  const top = verbs.filter(({ group }) => !group).map(({ name }) => name);
  const groups = groupsOf(verbs).map(({ name }) => name);
  return `# ${program} completion for bash: eval "$(${program} completion bash)"
_${program}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" verb="\${COMP_WORDS[1]}"
  local choices= files= at=1 IFS=$' \\t\\n'
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${top.join(' ')} --help --version" -- "$cur"))
    return
  fi
  case "$verb" in
    ${groups.join('|')}) if [ "$COMP_CWORD" -gt 2 ]; then verb="$verb/\${COMP_WORDS[2]}" at=2; fi ;;
  esac
  case "$verb:$prev" in
${values.join('\n')}
    *) case "$cur" in
      -*) case "$verb" in
${options.join('\n')}
      esac ;;
      *) case "$verb:$((COMP_CWORD - at))" in
${fixed.join('\n')}
        *) choices=sample files=1 ;;
      esac ;;
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$cur"))
  if [ -n "$files" ]; then
    IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$cur"))
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _${program} ${program}
`;
}

function zsh(program: string, verbs: Verb[]): string {
  const plain = (text: string) => text.replaceAll(/[[\]:\\]/g, '\\$&');
  const option = (flag: Flag): string[] => {
    const value =
      flag.value === undefined
        ? ''
        : flag.value === 'file'
          ? ':file:_files'
          : flag.value === 'word'
            ? ':value: '
            : `:value:(${flag.value.join(' ')})`;
    const names = namesOf(flag);
    const exclusive = names.length > 1 ? `(${names.join(' ')})` : '';
    return names.map((name) => shellQuoted(`${exclusive}${name}[${plain(flag.text)}]${value}`));
  };
  const argument = ({ name, choices }: Verb['arguments'][number], i: number): string => {
    const value = choices
      ? `(${choices.join(' ')})`
      : name === 'model'
        ? `_${program}_models`
        : name.includes('file')
          ? '_files'
          : ' ';
    return shellQuoted(`${i + 1}:${plain(name)}:${value}`);
  };
  const takes = (verb: Verb, indent: string): string =>
    `_arguments ${[...verb.options.flatMap(option), ...verb.arguments.map(argument)].join(` \\\n${indent}  `)}`;
  const single = (verb: Verb, indent: string): string =>
    `${indent}${verb.name})\n${indent}  ${takes(verb, `${indent}  `)} ;;`;
  const listed = (name: string, of: readonly Verb[], indent: string): string =>
    `${indent}local -a ${name}\n${indent}${name}=(\n` +
    `${of.map(({ name, summary }) => `${indent}  ${shellQuoted(`${name}:${plain(summary)}`)}`).join('\n')}\n${indent})\n`;
  const group = (verb: Verb): string => {
    const own = verbs.filter((one) => one.group === verb.name);
    return `    ${verb.name})
${listed('inner', own, '      ')}      if (( CURRENT == 2 )); then
        _describe command inner
        return
      fi
      shift words
      (( CURRENT-- ))
      case $words[1] in
${own.map((one) => single(one, '        ')).join('\n')}
      esac ;;`;
  };
  const top = verbs.filter((verb) => !verb.group);
  const cases = top.map((verb) => (verb.inner.length ? group(verb) : single(verb, '    ')));
  return `#compdef ${program}
# ${program} completion for zsh: eval "$(${program} completion zsh)", after compinit
_${program}_models() {
  compadd sample
  _files
}
_${program}() {
${listed('verbs', top, '  ')}  if (( CURRENT == 2 )); then
    _describe command verbs
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${cases.join('\n')}
  esac
}
compdef _${program} ${program}
`;
}

function fish(program: string, verbs: Verb[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = [`# ${program} completion for fish`, `complete -c ${program} -f`];
  const groups = groupsOf(verbs);
  // `atlas diff` is not `diff`.
  const behindNone = groups.map(({ name }) => `; and not __fish_seen_subcommand_from ${name}`).join('');
  for (const { name, group, inner, summary, options, arguments: args } of verbs) {
    const first = group
      ? `'__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${verbsOf(groups, group)}'`
      : '__fish_use_subcommand';
    lines.push(`complete -c ${program} -n ${first} -a ${name} -d ${quote(summary)}`);
    // What takes another command has been said: each of them offers itself.
    if (inner.length > 0) continue;
    const seen = `__fish_seen_subcommand_from ${name}`;
    const on = `complete -c ${program} -n '${group ? `__fish_seen_subcommand_from ${group}; and ${seen}` : `${seen}${behindNone}`}'`;
    for (const { short, long, text, value } of options) {
      const names = [short && `-s ${short.slice(1)}`, long && `-l ${long.slice(2)}`].filter(Boolean).join(' ');
      const takes =
        value === undefined
          ? ''
          : value === 'file'
            ? ' -r -F'
            : value === 'word'
              ? ' -x'
              : ` -x -a ${quote(value.join(' '))}`;
      lines.push(`${on} ${names}${takes} -d ${quote(text)}`);
    }
    const choices = args.find((argument) => argument.choices)?.choices;
    if (choices) lines.push(`${on} -a ${quote(choices.join(' '))}`);
    if (args.some(({ name: argument }) => argument === 'model')) lines.push(`${on} -F -a sample`);
  }
  return `${lines.join('\n')}\n`;
}

const verbsOf = (groups: readonly Verb[], name: string): string =>
  groups.find((group) => group.name === name)?.inner.join(' ') ?? '';
