/** Where the log of a server goes: a file, or the standard error stream in place of the lines for people. */
import { closeSync, openSync } from 'node:fs'
import { pino } from 'pino'
import { systemCode, systemReason } from '../experiment/disk.ts'
import { InputError, Interrupted, RunError } from '../experiment/errors.ts'
import { loggerTo, LOG_LEVELS, type LogLevel } from '../experiment/federated/log.ts'
import type { OperationsOptions } from '../experiment/federated/operations.ts'
import { Told } from './failure.ts'
import type { Io } from './io.ts'

/** The flags of a log, as typed. */
export interface LogFlags {
  /** a file, which grows; or - */
  readonly log?: string
  readonly logLevel?: string
}

/** A log that is open. */
export interface OpenLog {
  readonly options: Pick<OperationsOptions, 'log'>
  /** what lines for people go through: nowhere where the log has their place */
  readonly people: Pick<Io, 'interactive' | 'note'>
  /** tells people, and the log, what became of keys and certificate */
  guard(line: string): void
  /**
   * What is to be thrown in place of an error that ended the server: where the log has the place of the lines for people, it tells the error.
   * @param isLogged a line of the log says so already
   */
  failure(error: unknown, isLogged: boolean): unknown
  close(): void
}

const STDERR = 2

/** Opens the log that the flags ask for. @throws InputError where the file cannot be written, or there is no such level */
export function openLog({ log: path, logLevel = 'info' }: LogFlags, io: Io): OpenLog {
  const level = levelOf(logLevel)
  if (path === undefined)
    return {
      options: {},
      people: io,
      guard: (line) => io.note(line),
      failure: (error) => error,
      close: () => undefined,
    }
  const toStderr = path === '-'
  const fd = toStderr ? STDERR : opened(path)
  const destination = pino.destination({ fd, sync: true })
  let told = false
  destination.on('error', (error: NodeJS.ErrnoException) => {
    if (!told && !toStderr)
      io.note(`the log ${path} is not written any more: ${systemReason(error.code ?? error.message)}`)
    told = true
  })
  const people = toStderr ? { interactive: false, note: () => undefined } : io
  const logger = loggerTo(level, destination)
  return {
    options: { log: { level, destination } },
    people,
    guard(line) {
      people.note(line)
      logger.warn({ event: 'guard' }, line)
    },
    failure(error, isLogged) {
      // of a bug, a line is not enough
      const isTold = error instanceof RunError || error instanceof InputError || error instanceof Interrupted
      if (!toStderr || !isTold) return error
      if (!isLogged) logger.error({ event: 'failed' }, error.message)
      return new Told(error)
    },
    close: () => (toStderr ? undefined : closeSync(fd)),
  }
}

/** The level that a text names. @throws InputError where there is no such level */
export function levelOf(text: string): LogLevel {
  const level = LOG_LEVELS.find((one) => one === text)
  if (level !== undefined) return level
  throw new InputError('--log-level', `expected one of ${LOG_LEVELS.join(', ')}, got ${text}`)
}

function opened(path: string): number {
  try {
    return openSync(path, 'a')
  } catch (error) {
    const code = systemCode(error)
    if (code === undefined) throw error
    throw new InputError('--log', `expected a file that can be written, got ${path}: ${systemReason(code)}`)
  }
}
