/** The log of a server: a line of JSON for each thing that happens, with the run, variant, seed, round and agent that it is about. */
import { pino, type DestinationStream, type Logger } from 'pino'
import type { ServerNotice } from '../../federation/server/options.ts'
import { Interrupted } from '../errors.ts'
import type { Experiment } from '../experiment.ts'
import type { FederationStatus } from './status.ts'
import type { Watch } from './watch.ts'

/** From the most important to the finest; `debug` has a line for each phase that closes. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Where a federation stands, as lines tell it: the phase that is due, or the one that a line is about. */
interface Place {
  readonly variant: string
  readonly seed: number
  readonly round: number
  readonly phase: number
}

/** A log whose lines have the level and the time of the computer's clock, RFC 3339, and nothing of the machine. */
export const loggerTo = (level: LogLevel, destination: DestinationStream): Logger =>
  pino(
    {
      level,
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )

/**
 * The log of one server. Times are those of the computer's clock, RFC 3339; nothing else uses them.
 * @param destination takes the lines, one a call
 */
export function federationLog(
  experiment: Experiment,
  level: LogLevel,
  destination: DestinationStream,
): Watch {
  const log = loggerTo(level, destination)
  let place: Place | null = null
  let status: () => FederationStatus | null = () => null
  return {
    begun({ folder, run, status: now }) {
      status = now
      log.setBindings({ run: run.slice(0, 16) })
      log.info({ event: 'ready', folder }, 'agents may join')
    },
    notice(notice) {
      if (notice.type === 'closed') place = closedPlace(experiment, notice)
      // the whole status is made once: from the first closing on, the place is known
      else place ??= placeOf(status())
      tell(log, place, notice)
    },
    ended(error) {
      if (error === undefined) log.info({ event: 'finished', ...place }, 'all runs are over')
      else if (error instanceof Interrupted) log.info({ event: 'stopped', ...place }, error.message)
      else log.error({ event: 'failed', ...place }, error instanceof Error ? error.message : 'unknown')
    },
  }
}

const placeOf = (status: FederationStatus | null): Place | null =>
  status === null
    ? null
    : { variant: status.variant, seed: status.seed, round: status.round, phase: status.phase }

const closedPlace = (
  { variants }: Experiment,
  { position: { variant, seed, round, phase } }: Extract<ServerNotice, { type: 'closed' }>,
): Place => ({ variant: variants[variant]?.name ?? '', seed, round, phase })

function tell(log: Logger, place: Place | null, notice: ServerNotice): void {
  switch (notice.type) {
    case 'joined':
    case 'left':
    case 'freed': {
      const { type, agent, name } = notice
      const text = type === 'freed' ? `another agent may come in the place of ${name}` : `${name} ${type}`
      return log.info({ event: type, ...place, agent, name }, text)
    }
    case 'paused':
    case 'resumed':
      return log.info({ event: notice.type, ...place }, `the run is ${notice.type}`)
    case 'refused': {
      const { agent, name, reason } = notice
      return log.warn({ event: 'refused', ...place, agent, name, reason }, 'an update was refused')
    }
    case 'turned-away': {
      const { peer, name, agent, reason } = notice
      const who = { ...(agent !== null && { agent }), ...(name !== null && { name }) }
      return log.warn({ event: 'turned-away', ...place, ...who, peer, reason }, 'a peer was turned away')
    }
    case 'closed': {
      const { agents, late, seconds } = notice
      const counts = { agents: agents.length, late: late.length, seconds }
      return log.debug({ event: 'closed', ...place, ...counts }, 'a phase closed')
    }
  }
}
