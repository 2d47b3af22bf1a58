import type { Command, Option } from 'commander';

export type Shell = 'bash' | 'zsh' | 'fish';

/** A completion script made from the command definitions, so that it knows what the program knows. */
export function completionScript(program: Command, shell: Shell): string {
  const verbs = program.commands.map(verbOf);
  return { bash, zsh, fish }[shell](program.name(), verbs);
}

interface Verb {
  name: string;
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
  const own = command.registeredArguments.map((argument) => ({ name: argument.name(), choices: argument.argChoices }));
  // A command of commands takes one of them, then whatever those take.
  const inner = command.commands;
  const flags = [command, ...inner].flatMap(({ options }) => options.map(flagOf));
  return {
    name: command.name(),
    summary: command.summary() || command.description(),
    options: [...new Map([...flags, help].map((flag) => [namesOf(flag).join(), flag])).values()],
    arguments: inner.length ? [{ name: 'command', choices: inner.map((one) => one.name()) }, { name: 'model' }] : own,
  };
}

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
        .map((name) => `${verb.name}:${name}`)
        .join('|');
      if (flag.value === 'file') return [`    ${pattern}) files=1 ;;`];
      return [`    ${pattern}) choices="${flag.value === 'word' ? '' : flag.value.join(' ')}" ;;`];
    }),
  );
  const options = verbs.map((verb) => `      ${verb.name}) choices="${verb.options.flatMap(namesOf).join(' ')}" ;;`);
  const fixed = verbs.flatMap((verb) =>
    verb.arguments.flatMap(({ choices }, i) =>
      choices ? [`      ${verb.name}:${i + 2}) choices="${choices.join(' ')}" ;;`] : [],
    ),
  );
  return `# ${program} completion for bash: eval "$(${program} completion bash)"
_${program}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" verb="\${COMP_WORDS[1]}"
  local choices= files= IFS=$' \\t\\n'
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${verbs.map(({ name }) => name).join(' ')} --help --version" -- "$cur"))
    return
  fi
  case "$verb:$prev" in
${values.join('\n')}
    *) case "$cur" in
      -*) case "$verb" in
${options.join('\n')}
      esac ;;
      *) case "$verb:$COMP_CWORD" in
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
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
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
    return names.map((name) => quote(`${exclusive}${name}[${plain(flag.text)}]${value}`));
  };
  const argument = ({ name, choices }: Verb['arguments'][number], i: number): string => {
    const value = choices
      ? `(${choices.join(' ')})`
      : name === 'model'
        ? `_${program}_models`
        : name.includes('file')
          ? '_files'
          : ' ';
    return quote(`${i + 1}:${plain(name)}:${value}`);
  };
  const cases = verbs.map(
    (verb) =>
      `    ${verb.name})\n      _arguments ${[...verb.options.flatMap(option), ...verb.arguments.map(argument)].join(' \\\n        ')} ;;`,
  );
  return `#compdef ${program}
# ${program} completion for zsh: eval "$(${program} completion zsh)", after compinit
_${program}_models() {
  compadd sample
  _files
}
_${program}() {
  local -a verbs
  verbs=(
${verbs.map(({ name, summary }) => `    ${quote(`${name}:${plain(summary)}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
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
  for (const { name, summary, options, arguments: args } of verbs) {
    lines.push(`complete -c ${program} -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`);
    const on = `complete -c ${program} -n '__fish_seen_subcommand_from ${name}'`;
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
