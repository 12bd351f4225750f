/** The program: reads the command line, carries out one command and ends the process, which no other file does. */
import { isatty } from 'node:tty'
import { version } from '../experiment/version.ts'
import { failureDocument, failureOf, type Failure } from './failure.ts'
import type { Io } from './io.ts'
import { createProgram } from './program.ts'

const FAILED = 1
const INTERRUPTED = 130

/** Aborted by the first Ctrl-C; a second one ends the process at once. Commands that never ask for it die on the first. */
function interruptible(): AbortSignal {
  const controller = new AbortController()
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED)
    controller.abort()
  })
  return controller.signal
}

function ioOf(json: boolean): Io {
  let signal: AbortSignal | undefined
  return {
    json,
    interactive: isatty(process.stderr.fd),
    get signal() {
      return (signal ??= interruptible())
    },
    result: (document, text) =>
      void process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${text()}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
  }
}

function report(failure: Failure, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(failureDocument(failure))}\n`)
  process.stderr.write(`${failure.text}\n`)
}

async function main(args: readonly string[]): Promise<number> {
  const streams = {
    out: (text: string) => void process.stdout.write(text),
    err: (text: string) => void process.stderr.write(text),
  }
  const program = createProgram(version, streams, ioOf)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    const command = program.commands.find((one) => one.name() === args[0])
    const name = command === undefined ? 'fedrl' : `fedrl ${command.name()}`
    const failure = failureOf(
      error,
      `usage: ${name} ${(command ?? program).usage()}; "${name} --help" explains`,
    )
    if (failure !== null) report(failure, args.includes('--json'))
    return failure?.exitCode ?? 0
  }
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // the reader is gone (`| head`): nobody is left to tell
    if (error.code === 'EPIPE') process.exit()
    if (stream === process.stdout)
      process.stderr.write(`fedrl: the result cannot be written: ${error.message}\n`)
    process.exitCode = FAILED
  })
}
const exitCode = await main(process.argv.slice(2))
// a pipe takes what was written before the process ends only if we wait for it, and what it refused is told one turn later
process.stdout.write('', () =>
  process.stderr.write('', () =>
    setImmediate(() => process.exit(exitCode === 0 ? process.exitCode : exitCode)),
  ),
)
