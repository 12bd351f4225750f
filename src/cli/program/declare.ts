/** What every command is declared with. */
import type { Command } from 'commander'
import type { Io } from '../io.ts'

/** The options of a command as commander gives them: unparsed strings, except flags without a value. */
export type OptionsOf<F> = F extends (...args: [...infer _, infer O, Io]) => unknown
  ? O & { json?: boolean }
  : never

/** Adds a command with what every command has: `--json` and an example in its help. */
export type Declare = (usage: string, summary: string, example: string, under?: Command) => Command

/** The world of a command that was called with these options. */
export type IoOfOptions = (options: { json?: boolean }) => Io

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** The flag `--set` of commands that read an experiment. */
export const SET: [string, string, typeof collect] = [
  '--set <path=value>',
  'override one key of the file; may be repeated',
  collect,
]

/** The flag `--seeds`. */
export const SEEDS: [string, string] = ['--seeds <seeds>', 'a count (5), a list (1,2,7) or a range (3..8)']
