/**
 * Completion scripts for bash, zsh and fish, generated from the commands: words, options, and values where they are fixed.
 * They are tables of text; completing starts no process and asks no server.
 */
import type { Command, OptionSpec } from './command.ts'
import { globalOptions, shortNames } from './globals.ts'
import { optionsOf } from './program.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** One place in the tree: what can come after `words`. */
interface Place {
  readonly words: string
  /** Next words of longer commands. */
  readonly next: readonly string[]
  readonly command: Command | null
}

export function completionScript(shell: Shell, commands: readonly Command[]): string {
  const places = placesOf(commands)
  if (shell === 'fish') return fish(places)
  const body = bash(places)
  return shell === 'bash' ? body : zsh(body)
}

function placesOf(commands: readonly Command[]): Place[] {
  const byWords = new Map<string, { next: Set<string>; command: Command | null }>()
  const at = (words: string) => {
    const known = byWords.get(words) ?? { next: new Set<string>(), command: null }
    byWords.set(words, known)
    return known
  }
  for (const one of commands) {
    for (const words of [one.words, ...(one.also ?? [])]) {
      const path = words.split(' ')
      for (const [depth, word] of path.entries()) at(path.slice(0, depth).join(' ')).next.add(word)
      at(words).command = one
    }
  }
  return [...byWords].map(([words, { next, command }]) => ({ words, next: [...next].sort(), command }))
}

const flagsOf = (options: Readonly<Record<string, OptionSpec>>): string[] =>
  Object.keys(options).flatMap((name) => [
    `--${name}`,
    ...(shortNames[name] === undefined ? [] : [`-${shortNames[name]}`]),
  ])

/** What a place offers besides options: next words, and fixed values of its arguments. */
const offers = ({ next, command }: Place): string[] => [
  ...next,
  ...Object.values(command?.args ?? {}).flatMap(({ choices }) => choices ?? []),
]

// -------------------------------------------------------------------------------------------------------- bash and zsh

/** Single quotes: nothing in a script's tables is ever expanded. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

function bash(places: readonly Place[]): string {
  const valued = new Map<string, readonly string[]>()
  const takes = new Set<string>()
  for (const options of [
    globalOptions,
    ...places.flatMap(({ command }) => (command === null ? [] : [optionsOf(command)])),
  ]) {
    for (const [name, spec] of Object.entries(options)) {
      if (spec.metavar === null) continue
      for (const flag of flagsOf({ [name]: spec })) takes.add(flag)
    }
  }
  for (const place of places) {
    if (place.command === null) continue
    for (const [name, { choices }] of Object.entries(optionsOf(place.command))) {
      if (choices === null) continue
      for (const flag of flagsOf({ [name]: optionsOf(place.command)[name] as OptionSpec })) {
        valued.set(`${place.words}|${flag}`, choices)
      }
    }
  }
  const words = places.map((place) => `    ${quote(place.words)}) words=${quote(offers(place).join(' '))} ;;`)
  const options = places.map(
    (place) =>
      `    ${quote(place.words)}) options=${quote(
        [...(place.command === null ? [] : flagsOf(optionsOf(place.command))), '--help'].join(' '),
      )} ;;`,
  )
  const known = places.filter(({ words: one }) => one !== '').map(({ words: one }) => quote(one))
  const values = [...valued].map(
    ([key, choices]) => `    ${quote(key)}) values=${quote(choices.join(' '))} ;;`,
  )
  return `# bash completion for manila. Load it with: source <(manila completion bash)
_manila() {
  local current="\${COMP_WORDS[COMP_CWORD]}" place='' word i skip='' last='' words='' options='' values=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    last="$word"
    if [[ -n "$skip" ]]; then skip=''; last=''; continue; fi
    case "$word" in
    ${[...takes].join('|')}) skip=1; continue ;;
    -*) continue ;;
    esac
    case "\${place:+$place }$word" in
    ${known.join('|')}) place="\${place:+$place }$word" ;;
    esac
  done
  if [[ -n "$skip" ]]; then
    case "$place|$last" in
${values.join('\n')}
    esac
    COMPREPLY=($(compgen -W "$values" -- "$current"))
    [[ -n "$values" ]] || compopt -o default 2>/dev/null
    return
  fi
  if [[ "$current" == -* ]]; then
    case "$place" in
${options.join('\n')}
    esac
    COMPREPLY=($(compgen -W "$options ${flagsOf(globalOptions).join(' ')}" -- "$current"))
    return
  fi
  case "$place" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _manila manila
`
}

/** zsh runs bash's tables through its own bridge. */
const zsh = (body: string): string => `#compdef manila
# zsh completion for manila. Load it with: source <(manila completion zsh)
autoload -Uz compinit bashcompinit
(( $+functions[compdef] )) || compinit
bashcompinit
compopt() { :; }
${body.split('\n').slice(1).join('\n')}`

// -------------------------------------------------------------------------------------------------------------- fish

function fish(places: readonly Place[]): string {
  const lines = places.flatMap((place) => {
    const condition = `-n ${fishQuote(`__manila_at ${place.words}`.trim())}`
    const words = offers(place).map((word) => `complete -c manila -f ${condition} -a ${fishQuote(word)}`)
    const options = place.command === null ? {} : optionsOf(place.command)
    return [...words, ...Object.entries(options).map(([name, spec]) => fishOption(name, spec, condition))]
  })
  const globals = Object.entries(globalOptions).map(([name, spec]) => fishOption(name, spec, ''))
  const known = places.filter(({ words }) => words !== '').map(({ words }) => fishQuote(words))
  const takes = new Set(
    [
      globalOptions,
      ...places.flatMap(({ command }) => (command === null ? [] : [optionsOf(command)])),
    ].flatMap((options) =>
      Object.entries(options).flatMap(([name, spec]) =>
        spec.metavar === null ? [] : flagsOf({ [name]: spec }),
      ),
    ),
  )
  return `# fish completion for manila. Load it with: manila completion fish | source
set -g __manila_known ${known.join(' ')}
set -g __manila_takes ${[...takes].join(' ')}
function __manila_place
    set -l place
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        if contains -- $word $__manila_takes
            set skip 1
            continue
        end
        string match -q -- '-*' $word; and continue
        set -l longer (string trim -- "$place $word")
        contains -- $longer $__manila_known; and set place $longer
    end
    echo $place
end
function __manila_at
    test (__manila_place) = "$argv"
end
${[...lines, ...globals].join('\n')}
`
}

function fishOption(name: string, spec: OptionSpec, condition: string): string {
  const short = shortNames[name] === undefined ? [] : ['-s', shortNames[name]]
  const values = spec.choices === null ? [] : ['-a', fishQuote(spec.choices.join(' '))]
  const takes = spec.metavar === null ? [] : ['-x']
  return [
    'complete -c manila',
    condition,
    ...short,
    '-l',
    fishQuote(name),
    ...takes,
    ...values,
    '-d',
    fishQuote(spec.says),
  ]
    .filter((part) => part !== '')
    .join(' ')
}

const fishQuote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
