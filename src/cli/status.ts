/** `fedrl status`: how a federation stands, as its server tells it. */
import { describeBytes, describeSeconds } from '../experiment/progress.ts'
import type { FederationStatus } from '../experiment/federated/status.ts'
import { RunError } from '../experiment/errors.ts'
import { askStatus } from './ask-status.ts'
import { isOnNats } from './endpoint.ts'
import { counted } from '../experiment/report/words.ts'
import type { Io } from './io.ts'
import type { BrokerFlags } from './nats-endpoint.ts'
import { alignColumns } from './results-table.ts'

/** The flags of `fedrl status`, as typed. */
export interface StatusFlags extends BrokerFlags {
  /** the private key that a broker knows the server by, PEM */
  readonly natsKey?: string
}

/** Carries the command out. */
export async function status(url: string, flags: StatusFlags, io: Io): Promise<void> {
  const now = isOnNats(url) ? await askBroker(url, flags) : await askStatus(url, flags)
  io.result(now, () => statusText(now))
}

/** @throws RunError where no server answers, or it is not ready */
async function askBroker(url: string, flags: StatusFlags): Promise<FederationStatus> {
  const { askOverNats } = await import('./nats-endpoint.ts')
  const bytes = await askOverNats(url, flags, ['--nats-key', flags.natsKey])
  // a server that has begun to listen and no more answers with nothing
  const now = bytes.length === 0 ? null : statusIn(new TextDecoder().decode(bytes))
  if (now === null) throw new RunError(`${url}: the server is not ready yet`)
  if (now === undefined) throw new RunError(`${url} answers, but is no server of fedrl`)
  return now
}

/** The status in an answer, null where there is none yet; undefined where it is no answer of a server. */
function statusIn(text: string): FederationStatus | null | undefined {
  try {
    const now = JSON.parse(text) as Partial<FederationStatus> | null
    return now === null || Array.isArray(now.agents) ? (now as FederationStatus | null) : undefined
  } catch {
    return undefined
  }
}

/** A status in words, and a table of the agents. */
export function statusText(now: FederationStatus): string {
  const { name, run, fedrl, protocol, runOf, variant, seed, round, rounds, durableRound } = now
  const { agents, present, missing, total, turnedAway } = now
  return [
    `${name}: experiment ${run.slice(0, 16)}, by fedrl ${fedrl}, protocol ${protocol}`,
    `run ${runOf.number} of ${runOf.of}: variant ${variant}, seed ${seed}`,
    `round ${round} of ${rounds}, ${durableRound} on disk; ${phaseText(now)}`,
    `${present} of ${agents.length} agents here${missing === 0 ? '' : `, ${missing} asked`}; ${describeBytes(total.receivedBytes)} in, ${describeBytes(total.sentBytes)} out, ${total.updates.refused} updates refused, ${turnedAway.count} turned away`,
    '',
    alignColumns([HEADS, ...agents.map(rowOf)]),
    ...refusals(now),
  ].join('\n')
}

const HEADS = ['agent', 'name', 'state', 'for', 'lag', 'sessions', 'in', 'out', 'durable', 'late', 'refused']

function phaseText(now: FederationStatus): string {
  const { state, phase, phases, answers, missing, present, participation, deadlineSeconds } = now
  const which = phases === 1 ? 'the phase' : `phase ${phase + 1} of ${phases}`
  if (state === 'open') {
    const deadline = deadlineSeconds === null ? '' : `, deadline in ${describeSeconds(deadlineSeconds)}`
    return `${which} is open: ${answers} answers, ${missing} missing${deadline}`
  }
  const more = participation.minimum - present
  if (state === 'waiting') return `${which} waits for ${more > 0 ? counted(more, 'more agent') : 'the disk'}`
  return state === 'over' ? 'all rounds have closed' : state
}

function rowOf(one: FederationStatus['agents'][number]): string[] {
  const { agent, name, state, silentSeconds, lag, sessions, receivedBytes, sentBytes, updates } = one
  return [
    String(agent),
    name,
    state,
    silentSeconds === null ? '' : describeSeconds(silentSeconds),
    lag === null ? '' : String(lag),
    String(sessions),
    describeBytes(receivedBytes),
    describeBytes(sentBytes),
    String(updates.durable),
    String(updates.late),
    String(updates.refused),
  ]
}

/** Why Updates were refused and peers turned away, as far as the server tells. */
function refusals({ agents, turnedAway }: FederationStatus): string[] {
  const lines = [
    ...agents.flatMap(({ name, refusal }) => (refusal === null ? [] : [`${name} was refused: ${refusal}`])),
    ...turnedAway.recent.map(
      ({ peer, reason, secondsAgo }) =>
        `${peer} was turned away ${describeSeconds(secondsAgo)} ago: ${reason}`,
    ),
  ]
  return lines.length === 0 ? [] : ['', ...lines]
}
