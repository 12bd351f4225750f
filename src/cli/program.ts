/**
 * The command line as data: names, flags, help and examples. Nothing but these files and the parser is loaded to print help; what a
 * command does is loaded when it is called.
 */
import { Command } from 'commander'
import type { Io } from './io.ts'
import type { Declare, IoOfOptions } from './program/declare.ts'
import { declareFederations } from './program/federations.ts'
import { declareFolders } from './program/folders.ts'
import { declareBroker, declareKeys, declareOperations } from './program/operations.ts'
import { declareSimulations } from './program/simulations.ts'
import { declareTheory } from './program/theory.ts'

/** Where help and the parser's complaints go. */
export interface Output {
  out(text: string): void
  err(text: string): void
}

/** Makes the world of a command that was called with or without `--json`. */
export type IoOf = (json: boolean) => Io

/**
 * The whole command line of fedrl. Parsing throws commander's `CommanderError` where commander would have ended the process.
 * @param version printed by `--version`
 */
export function createProgram(version: string, output: Output, ioOf: IoOf): Command {
  const program = new Command('fedrl')
    .description('Federated reinforcement learning: one policy from the experience of many agents.')
    .usage('<command> [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', '\nExample:\n  $ fedrl reproduce woo-fig3')
    .exitOverride()
    // the complaint is in the error that parsing throws
    .configureOutput({
      writeOut: (text) => output.out(text),
      writeErr: (text) => output.err(text),
      outputError: () => undefined,
    })
  const declare: Declare = (usage, summary, example, under = program) =>
    under
      .command(usage)
      .description(summary)
      .option('--json', 'print one JSON document on stdout, everything else on stderr')
      .addHelpText('after', `\nExample:\n  $ ${example}`)
  const io: IoOfOptions = (options) => ioOf(options.json === true)
  declareSimulations(declare, io)
  declareFederations(declare, io)
  declareOperations(declare, io)
  declareKeys(program, declare, io)
  declareBroker(declare, io)
  declareTheory(declare, io)
  declareFolders(declare, io)
  return program
}
