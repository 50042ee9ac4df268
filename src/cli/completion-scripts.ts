/**
 * Scripts that complete a command line in a shell, made of a plain description of the commands.
 *
 * Each script walks the words before the cursor as the parser would, so that it knows at which command the cursor is,
 * how many of its arguments are there, and whether an option awaits its value; then it looks up what may follow.
 * A place is the names of a command and those above it, such as `lutra tokens create`. An option is taken at the place
 * of its command and at all below it.
 */
import { assert } from '../base/assert.ts';

/** What an option or an argument takes. */
export interface DescribedValue {
  /** As help calls it: files and folders are completed where it is `file` or `folder`. */
  readonly name: string;
  readonly isMany: boolean;
  /** All that it may be; empty where that cannot be told. */
  readonly choices: readonly string[];
}

export interface DescribedOption {
  /** With their hyphens, such as `-o` and `--output`. */
  readonly flags: readonly string[];
  readonly about: string;
  /** Undefined where it takes none. */
  readonly value: DescribedValue | undefined;
}

/** A command with all below it. */
export interface DescribedCommand {
  readonly name: string;
  readonly about: string;
  readonly options: readonly DescribedOption[];
  readonly arguments: readonly DescribedValue[];
  readonly commands: readonly DescribedCommand[];
}

/** Shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** The script that completes these commands; `program` is the one that all others are below. */
export function completionScript(
  shell: (typeof SHELLS)[number],
  program: DescribedCommand,
): string {
  const lines = RENDERERS[shell](program.name, placesOf(program));
  return `${lines.join('\n')}\n`;
}

const RENDERERS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

interface Place {
  readonly path: string;
  readonly command: DescribedCommand;
  /** Those that no command above it has. */
  readonly own: readonly DescribedOption[];
  readonly all: readonly DescribedOption[];
}

function placesOf(
  command: DescribedCommand,
  above?: { readonly path: string; readonly options: readonly DescribedOption[] },
): readonly Place[] {
  const path = above === undefined ? plain(command.name) : `${above.path} ${plain(command.name)}`;
  const inherited = above?.options ?? [];
  const known = new Set(inherited.flatMap(({ flags }) => flags));
  const own = command.options.filter(({ flags }) => !flags.some((flag) => known.has(flag)));
  const all = [...own, ...inherited];
  const below = command.commands.flatMap((each) => placesOf(each, { path, options: all }));
  return [{ path, command, own, all }, ...below];
}

/** A shell must not take a word of ours for anything else. */
function plain(word: string): string {
  assert(/^[\w./@%+-]+$/.test(word), `${JSON.stringify(word)} cannot be completed as a plain word`);
  return word;
}

/** A branch of a `case`, with patterns that are quoted. */
interface Branch {
  readonly patterns: readonly string[];
  readonly then: string;
}

function bashScript(name: string, places: readonly Place[]): readonly string[] {
  const choose = (words: readonly string[]): string => `words='${words.map(plain).join(' ')}'`;
  const offer: Offer = {
    choices: choose,
    files: `_${name}_files -f default`,
    folders: `_${name}_files -d dirnames`,
    options: (options) => choose(options.flatMap(({ flags }) => flags)),
    commands: (commands) => choose(commands.map((command) => command.name)),
  };
  return [
    `# Completes ${name} in bash: source <(${name} completion bash)`,
    `_${name}_files() {`,
    // Readline quotes names itself; where it cannot be told to complete them, they are completed here.
    '  compopt -o "$2" 2>/dev/null && return',
    '  local file',
    '  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen "$1" -- "$current")',
    '}',
    `_${name}() {`,
    `  local IFS=$' \\t\\n' place=${name} awaited='' many='' words='' count=0 current word i`,
    '  COMPREPLY=()',
    '  current=${COMP_WORDS[COMP_CWORD]}',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    '    word=${COMP_WORDS[i]}',
    // Bash takes both for words of their own.
    "    if [[ $word == '=' ]]; then continue; fi",
    "    if [[ $word == ':' ]]; then i=$((i + 1)); continue; fi",
    ...walk(name, places),
    '  done',
    "  if [[ $current == '=' ]]; then current=''; fi",
    ...lookUp(places, offer),
    '  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi',
    '}',
    `complete -F _${name} ${name}`,
  ];
}

function zshScript(name: string, places: readonly Place[]): readonly string[] {
  const found = (items: readonly { readonly word: string; readonly about?: string }[]): string => {
    const texts = items.map(({ word, about }) =>
      quoted(about === undefined ? plain(word) : `${plain(word)}:${about}`),
    );
    return `found=(${texts.join(' ')})`;
  };
  const offer: Offer = {
    choices: (words) => found(words.map((word) => ({ word }))),
    files: '_files',
    folders: '_files -/',
    options: (options) =>
      `${found(options.flatMap(({ flags, about }) => flags.map((word) => ({ word, about }))))}; kind=-o`,
    commands: (commands) => found(commands.map(({ name: word, about }) => ({ word, about }))),
  };
  return [
    `#compdef ${name}`,
    `# Completes ${name} in zsh: source <(${name} completion zsh), after compinit`,
    `_${name}() {`,
    `  local place=${name} awaited='' many='' kind='' current=$PREFIX word`,
    '  local -i count=0 i',
    '  local -a found',
    '  for ((i = 2; i < CURRENT; i++)); do',
    '    word=$words[i]',
    ...walk(name, places),
    '  done',
    '  if [[ -z $awaited && $current == --*=* ]]; then',
    '    awaited="$place ${current%%=*}"',
    "    compset -P '*='",
    '    current=$PREFIX',
    '  fi',
    ...lookUp(places, offer),
    `  if (( $#found )); then _describe $kind ${name} found; fi`,
    '}',
    // Run as a function of its own name where zsh has loaded it from a folder.
    `if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi`,
  ];
}

/** The walk over one word, in words of both bash and zsh. */
function walk(name: string, places: readonly Place[]): readonly string[] {
  const valued = places.flatMap(({ path, own }) =>
    own.flatMap(({ flags, value }) =>
      value === undefined ? [] : [{ patterns: takenAt(path, flags), isMany: value.isMany }],
    ),
  );
  const patternsOf = (isMany: boolean): readonly string[] =>
    valued.filter((each) => each.isMany === isMany).flatMap(({ patterns }) => patterns);
  const below = places.map(({ path }) => path).filter((path) => path !== name);
  const branches = [
    { patterns: patternsOf(false), then: 'awaited="$place $word"' },
    { patterns: patternsOf(true), then: 'awaited="$place $word" many=1' },
    { patterns: below.map(quoted), then: INTO },
    { patterns: ['*'], then: 'if [[ $word != -* ]]; then count=$((count + 1)); fi' },
  ];
  return [
    '    if [[ -n $awaited ]]; then',
    "      if [[ -z $many ]]; then awaited=''; continue; fi",
    '      if [[ $word != -* ]]; then continue; fi',
    "      awaited='' many=''",
    '    fi',
    ...caseOf('"$place $word"', branches, '    '),
  ];
}

/** The name of a command is one only where no argument is before it. */
const INTO = 'if [[ $count == 0 ]]; then place="$place $word"; else count=$((count + 1)); fi';

/** How a shell is told what may follow. */
interface Offer {
  readonly choices: (words: readonly string[]) => string;
  readonly files: string;
  readonly folders: string;
  readonly options: (options: readonly DescribedOption[]) => string;
  readonly commands: (commands: readonly DescribedCommand[]) => string;
}

/** What may stand at the cursor, in words of both bash and zsh. */
function lookUp(places: readonly Place[], offer: Offer): readonly string[] {
  const values = places.flatMap(({ path, own }) =>
    own.flatMap(({ flags, value }) => branch(takenAt(path, flags), valueOffer(value, offer))),
  );
  const options = places.map(({ path, all }) => ({
    patterns: [quoted(path)],
    then: offer.options(all),
  }));
  return [
    '  if [[ -n $awaited && ( -z $many || $current != -* ) ]]; then',
    ...caseOf('$awaited', values, '    '),
    '  elif [[ $current == -* ]]; then',
    ...caseOf('$place', options, '    '),
    '  else',
    ...caseOf(
      '"$place $count"',
      places.flatMap((place) => argumentBranches(place, offer)),
      '    ',
    ),
    '  fi',
  ];
}

/** What may follow a command where it is no option: commands below it, or its arguments, or else options. */
function argumentBranches({ path, command, all }: Place, offer: Offer): readonly Branch[] {
  const first = [quoted(`${path} 0`)];
  const isLeaf = command.commands.length === 0;
  if (isLeaf && command.arguments.length === 0) return branch(first, offer.options(all));
  // A command may have others below it, and arguments all the same.
  const below = branch(first, isLeaf ? undefined : offer.commands(command.commands));
  const values = command.arguments.flatMap((value, index) =>
    branch([quoted(`${path} ${String(index)}`)], valueOffer(value, offer)),
  );
  return [...below, ...values];
}

function valueOffer(value: DescribedValue | undefined, offer: Offer): string | undefined {
  if (value === undefined) return undefined;
  if (value.choices.length > 0) return offer.choices(value.choices);
  if (value.name === 'file') return offer.files;
  return value.name === 'folder' ? offer.folders : undefined;
}

function branch(patterns: readonly string[], then: string | undefined): readonly Branch[] {
  return then === undefined ? [] : [{ patterns, then }];
}

/** Patterns of an option at the place of its command and at all below it. */
function takenAt(path: string, flags: readonly string[]): readonly string[] {
  return flags.flatMap((flag) => [
    quoted(`${path} ${plain(flag)}`),
    `${quoted(`${path} `)}*${quoted(` ${flag}`)}`,
  ]);
}

function caseOf(word: string, branches: readonly Branch[], indent: string): readonly string[] {
  const used = branches.filter(({ patterns }) => patterns.length > 0);
  return [
    `${indent}case ${word} in`,
    ...used.map(({ patterns, then }) => `${indent}  ${patterns.join(' | ')}) ${then} ;;`),
    `${indent}esac`,
  ];
}

/** In single quotes, for bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishScript(name: string, places: readonly Place[]): readonly string[] {
  const valued = places.flatMap(({ path, own }) =>
    own.flatMap(({ flags, value }) =>
      value === undefined ? [] : flags.flatMap((flag) => fishTakenAt(path, plain(flag))),
    ),
  );
  const below = places.map(({ path }) => path).filter((path) => path !== name);
  return [
    `# Completes ${name} in fish: ${name} completion fish | source`,
    `function __${name}_place`,
    '  set -l words (commandline -opc)',
    '  set -e words[1]',
    `  set -l place ${name}`,
    '  set -l count 0',
    "  set -l awaited ''",
    '  for word in $words',
    '    if test -n "$awaited"',
    "      set awaited ''",
    '      continue',
    '    end',
    '    switch "$place $word"',
    `      case ${valued.map(fishQuoted).join(' ')}`,
    '        set awaited yes',
    `      case ${below.map(fishQuoted).join(' ')}`,
    '        if test $count = 0',
    '          set place "$place $word"',
    '        else',
    '          set count (math $count + 1)',
    '        end',
    "      case '* -*'",
    "      case '*'",
    '        set count (math $count + 1)',
    '    end',
    '  end',
    '  echo "$place $count"',
    'end',
    `function __${name}_at`,
    `  test (__${name}_place) = "$argv"`,
    'end',
    `function __${name}_below`,
    `  string match -q -- "$argv *" (__${name}_place)`,
    'end',
    `complete -c ${name} -e`,
    `complete -c ${name} -f`,
    ...places.flatMap((place) => fishLines(name, place)),
  ];
}

/** Patterns of an option at the place of its command and at all below it. */
function fishTakenAt(path: string, flag: string): readonly string[] {
  return [`${path} ${flag}`, `${path} * ${flag}`];
}

function fishLines(name: string, { path, command, own }: Place): readonly string[] {
  const complete = `complete -c ${name}`;
  const at = (index: number): string => `-n ${fishQuoted(`__${name}_at ${path} ${String(index)}`)}`;
  const commands = command.commands.map(
    (each) => `${complete} ${at(0)} -a ${plain(each.name)} -d ${fishQuoted(each.about)}`,
  );
  const values = command.arguments.flatMap((value, index) => {
    const offered = fishValue(value);
    return offered === '-x' ? [] : [`${complete} ${at(index)} ${offered.replace(/^-[xr] /, '')}`];
  });
  const options = own.map(({ flags, about, value }) => {
    const words = flags.map((flag) =>
      plain(flag).startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
    );
    const below = `-n ${fishQuoted(`__${name}_below ${path}`)}`;
    const taken = value === undefined ? [] : [fishValue(value)];
    return [complete, below, ...words, ...taken, `-d ${fishQuoted(about)}`].join(' ');
  });
  return [...commands, ...values, ...options];
}

/** What an option takes: `-x` for no files, `-r -F` for files. */
function fishValue({ name, choices }: DescribedValue): string {
  if (choices.length > 0) return `-x -a ${fishQuoted(choices.map(plain).join(' '))}`;
  if (name === 'file') return '-r -F';
  return name === 'folder' ? "-x -a '(__fish_complete_directories)'" : '-x';
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
