/** A command line carried out: all of the program but the process that it runs in. */
import { version } from '../experiment/version.ts'
import { failureOf, type Failure } from './failure.ts'
import { createProgram, type IoOf, type Output } from './program.ts'

/**
 * Carries out what `args` say.
 * @param args without the program's own name
 * @returns what went wrong; null where nothing did
 */
export async function carryOut(args: readonly string[], output: Output, ioOf: IoOf): Promise<Failure | null> {
  const program = createProgram(version, output, ioOf)
  try {
    await program.parseAsync(args, { from: 'user' })
    return null
  } catch (error) {
    const command = program.commands.find((one) => one.name() === args[0])
    const name = command === undefined ? 'fedrl' : `fedrl ${command.name()}`
    return failureOf(error, `usage: ${name} ${(command ?? program).usage()}; "${name} --help" explains`)
  }
}
