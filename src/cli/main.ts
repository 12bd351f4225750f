/** The program: reads the command line, carries out one command and ends the process, which no other file does. */
import { isatty } from 'node:tty'
import { RunError } from '../experiment/errors.ts'
import { carryOut } from './command-line.ts'
import { failureDocument, failureOf, type Failure } from './failure.ts'
import type { Io } from './io.ts'
import { takeStdout } from './stdout.ts'

const FAILED = 1
const INTERRUPTED = 130

const print = takeStdout()

let isOver = false

/** Ends the process. */
function end(exitCode: typeof process.exitCode): never {
  isOver = true
  process.exit(exitCode)
}

/** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. Commands that never ask for it die on the first. */
function interruptible(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => {
      if (controller.signal.aborted) end(INTERRUPTED)
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
    result: (document, text) => void print(json ? `${JSON.stringify(document)}\n` : `${text()}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
  }
}

function report(failure: Failure | null, json: boolean): void {
  if (failure === null) return
  if (json) print(`${JSON.stringify(failureDocument(failure))}\n`)
  if (failure.text !== '') process.stderr.write(`${failure.text}\n`)
}

async function main(args: readonly string[]): Promise<number> {
  const streams = {
    out: (text: string) => void print(text),
    err: (text: string) => void process.stderr.write(text),
  }
  const failure = await carryOut(args, streams, ioOf)
  report(failure, args.includes('--json'))
  return failure?.exitCode ?? 0
}

/** Where nothing but a person's module can be the cause. */
const CUT_SHORT =
  'the process ended before the command was done: a module called process.exit, or awaits what never comes'

const args = process.argv.slice(2)
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // the reader is gone (`| head`): nobody is left to tell
    if (error.code === 'EPIPE') end(process.exitCode)
    if (stream === process.stdout)
      process.stderr.write(`fedrl: the result cannot be written: ${error.message}\n`)
    process.exitCode = FAILED
  })
}
process.on('uncaughtException', (error) => {
  report(failureOf(error, ''), args.includes('--json'))
  end(FAILED)
})
process.on('exit', () => {
  if (isOver) return
  report(failureOf(new RunError(CUT_SHORT), ''), args.includes('--json'))
  process.exitCode = FAILED
})
const exitCode = await main(args)
// a pipe takes what was written before the process ends only if we wait for it, and what it refused is told one turn later
print('', () =>
  process.stderr.write('', () => setImmediate(() => end(exitCode === 0 ? process.exitCode : exitCode))),
)
