/** How a federation stands at one moment, as plain data for people and programs that watch it. Pure. */
import type { RoundState } from '../../server/round-machine.ts'
import { valueOf } from '../../server/round-machine/agent-table.ts'
import type { AgentTraffic, Traffic, TurnedAway } from './traffic.ts'

/** What can be seen of a round machine from outside. */
export type RoundView = Pick<
  RoundState<unknown, unknown, unknown>,
  | 'closed'
  | 'durable'
  | 'task'
  | 'open'
  | 'deadline'
  | 'answers'
  | 'refused'
  | 'present'
  | 'missing'
  | 'answered'
  | 'folded'
  | 'paused'
  | 'stopping'
>

/** An agent as the server sees it. */
export interface AgentStatus extends AgentTraffic {
  readonly agent: number
  readonly name: string
  /**
   * `here`, and nothing is asked of it; `asked`, and it has not answered yet; `refused`: its answer was, and it is asked again when it joins again;
   * `away`; `expected`: it never came since the server started
   */
  readonly state: 'here' | 'asked' | 'refused' | 'away' | 'expected'
  /** since it was heard of last, s; of one that is away: since it left; null where it never came */
  readonly silentSeconds: number | null
  /** phases closed since the one that its last folded Update answered, 0 where that was the last one; null where none was folded */
  readonly lag: number | null
  /** why an Update of it was refused last; null where none was since the server started */
  readonly refusal: string | null
}

/** How the run under way stands, and who is there. */
export interface ServerSnapshot {
  /** index in the experiment */
  readonly variant: number
  readonly seed: number
  /** rounds closed */
  readonly round: number
  /** the phase that is due, below `phases` */
  readonly phase: number
  /** of a round */
  readonly phases: number
  /** `waiting` for agents, or for the disk, before the phase opens; `open`; `over`: the last phase has closed */
  readonly state: 'waiting' | 'open' | 'paused' | 'stopping' | 'over'
  /** until an open phase is looked at, s; null without a deadline */
  readonly deadlineSeconds: number | null
  /** Updates that have come for the phase that is due */
  readonly answers: number
  /** agents that were asked and have not answered */
  readonly missing: number
  /** agents that are here */
  readonly present: number
  /** rounds closed and on disk */
  readonly durableRound: number
  /** of all agents together */
  readonly total: AgentTraffic
  /** connections and agents that were sent away since the server started; times in seconds before now */
  readonly turnedAway: {
    readonly count: number
    readonly recent: readonly {
      readonly peer: string
      readonly reason: string
      readonly secondsAgo: number
    }[]
  }
  readonly agents: readonly AgentStatus[]
}

/** What a snapshot is made from. */
export interface SnapshotParts {
  readonly variant: number
  readonly seed: number
  readonly phases: number
  readonly view: RoundView
  readonly traffic: Traffic
  /** K */
  readonly agents: number
  readonly nameOf: (agent: number) => string
  /** ms */
  readonly now: number
}

/** The snapshot of these parts. */
export function snapshotOf({ view, traffic, agents, nameOf, now, ...run }: SnapshotParts): ServerSnapshot {
  const { phases } = run
  const { count, recent } = traffic.strangers
  return {
    ...run,
    round: Math.floor(view.closed / phases),
    phase: view.closed % phases,
    state: stateOf(view),
    deadlineSeconds: view.deadline === null ? null : secondsOf(view.deadline - now),
    answers: view.answers.size,
    missing: view.open ? view.missing : 0,
    present: view.present.size,
    durableRound: Math.floor(view.durable / phases),
    total: traffic.total(),
    turnedAway: { count, recent: recent.map((one) => ago(one, now)) },
    agents: Array.from({ length: agents }, (_, agent) => ({
      agent,
      name: nameOf(agent),
      ...presence(view, phases, traffic, agent, now),
      lag: lagOf(view, agent),
      ...traffic.of(agent),
      refusal: traffic.reasonOf(agent),
    })),
  }
}

/** Whole milliseconds, in seconds. */
const secondsOf = (ms: number): number => Math.max(0, Math.round(ms)) / 1000

const ago = ({ peer, reason, at }: TurnedAway, now: number) => ({
  peer,
  reason,
  secondsAgo: secondsOf(now - at),
})

function stateOf({ task, stopping, paused, open }: RoundView): ServerSnapshot['state'] {
  if (task === null) return 'over'
  if (stopping) return 'stopping'
  if (paused) return 'paused'
  return open ? 'open' : 'waiting'
}

function presence(
  view: RoundView,
  phases: number,
  traffic: Traffic,
  agent: number,
  now: number,
): Pick<AgentStatus, 'state' | 'silentSeconds'> {
  const here = valueOf(view.present, agent) !== undefined
  const since = here ? traffic.heardAt(agent) : traffic.movedAt(agent)
  const silentSeconds = Number.isNaN(since) ? null : secondsOf(now - since)
  if (!here) return { state: silentSeconds === null ? 'expected' : 'away', silentSeconds }
  if (valueOf(view.refused, agent) === true) return { state: 'refused', silentSeconds }
  const mayAnswer = view.closed % phases === 0 || view.folded[agent] === view.closed - 1
  const owes = view.open && mayAnswer && valueOf(view.answers, agent) === undefined
  return { state: owes ? 'asked' : 'here', silentSeconds }
}

/** In phases. */
function lagOf({ closed, answered }: RoundView, agent: number): number | null {
  const last = answered[agent] as number
  return last < 0 ? null : closed - 1 - last
}
