/**
 * The round machine: who takes part in which phase, and when it closes, for any server rule. A pure reducer, (state, event) -> (state,
 * effects), time being part of every event; whoever runs it carries the effects out. `docs/protocol.md` says what happens to Updates that
 * come twice, late, out of order or not at all.
 */
import type { AckStatus } from '../protocol/session-messages.ts'
import type { AgentTable } from './round-machine/agent-table.ts'
import type { Participation } from './round-machine/participation.ts'
import { participationOf } from './round-machine/participation.ts'
import { reduce } from './round-machine/reduce.ts'
import { restored, started } from './round-machine/state.ts'
import type { ServerRule } from './rule.ts'

/** A phase of one run: what round machine and agents count by. */
export interface PhasePosition {
  /** averagings done before */
  readonly round: number
  /** phase of the round, from 0 */
  readonly phase: number
}

/** What a late Update is worth in the next round, or null where it cannot be folded there. Neither argument is changed. */
export type Rebase<Task, Update> = (update: Update, from: Task, to: Task) => Update | null

/** What a machine is made for. */
export interface RoundSettings<Task, Update> {
  /** K; agents are 0 .. K-1 */
  readonly agents: number
  /** phases of a round */
  readonly phases: number
  readonly participation: Partial<Participation>
  /** needed for `late: 'foldNextRound'`, and used for it only */
  readonly rebase?: Rebase<Task, Update>
  /** so many Tasks before the one that is due are kept for agents that have lost the states after them. Default: 0 */
  readonly remembered?: number
}

/** What happens. `now` is the time on a clock that never goes back, ms. */
export type RoundEvent<Update> = { readonly now: number } & (
  | { readonly type: 'joined' | 'left'; readonly agent: number }
  /** agents, ascending, have lost their last states: they want the Tasks once more that led to them */
  | { readonly type: 'behind'; readonly agents: readonly number[] }
  /** an Update whose content has been checked; its agent and position are those it was sent for */
  | ({ readonly type: 'update'; readonly agent: number; readonly update: Update } & PhasePosition)
  /** an Update whose content is wrong, for `reason` */
  | ({ readonly type: 'refused'; readonly agent: number; readonly reason: string } & PhasePosition)
  /** the checkpoint with so many phases closed, and all before it, are on disk */
  | { readonly type: 'durable'; readonly closed: number }
  | { readonly type: 'tick' | 'pause' | 'resume' | 'stop' }
)

/** Who took part in a phase that closed: with this, the run can be repeated. */
export interface ClosedPhase extends PhasePosition {
  /** whose Updates were folded, ascending */
  readonly agents: readonly number[]
  /** those among them whose Update answered the Task of the round before, ascending */
  readonly late: readonly number[]
}

/** All that a machine needs to go on after a restart: plain data. */
export interface RoundCheckpoint<State, Task> {
  /** phases closed */
  readonly closed: number
  readonly rule: State
  /** the Tasks before the one that is due, oldest first: as many as late Updates or agents that lost a state may need */
  readonly recent: readonly Task[]
  /** [K] ordinal of the phase whose Task the agent's last folded Update answered, -1 where there is none */
  readonly answered: Int32Array
  /** [K] ordinal of the phase in which that Update was folded, -1 where there is none */
  readonly folded: Int32Array
}

/** What is to be done, in the order of the list. */
export type RoundEffect<State, Task> =
  /** send the Task; `after[i]` is the state that agents[i] works from: 0 its first, n > 0 the one after its Update of ordinal n - 1 */
  | ({
      readonly type: 'task'
      readonly task: Task
      readonly agents: readonly number[]
      readonly after: readonly number[]
    } & PhasePosition)
  | ({
      readonly type: 'ack'
      readonly status: AckStatus
      readonly reason: string
      readonly agents: readonly number[]
    } & PhasePosition)
  /** append to the record of the run; durable when the checkpoint that follows is */
  | { readonly type: 'closed'; readonly phase: ClosedPhase }
  /** make durable, then tell by the event `durable`; one that a newer one has overtaken may be left out */
  | { readonly type: 'checkpoint'; readonly checkpoint: RoundCheckpoint<State, Task> }
  /** send a `tick` at this time or soon after */
  | { readonly type: 'timer'; readonly at: number }
  /** `finished` and `stopped` come when all that is closed is durable; the final state is that of the last checkpoint */
  | { readonly type: 'announce'; readonly what: 'paused' | 'resumed' | 'finished' | 'stopped' }

/** What a machine knows. Ordinal n = round * phases + phase; phases close in this order. */
export interface RoundState<State, Task, Update> {
  /** of the server rule, after `closed` phases */
  readonly rule: State
  /** phases closed: the ordinal of the one that is due */
  readonly closed: number
  /** phases closed and on disk */
  readonly durable: number
  /** the Task that is due, null when the run is over */
  readonly task: Task | null
  /** as in {@link RoundCheckpoint} */
  readonly recent: readonly Task[]
  /** whether agents have been asked */
  readonly open: boolean
  /** when the open phase is next looked at, ms; null without a deadline */
  readonly deadline: number | null
  /** the deadline has passed with too few answers: closes with the first that makes the minimum */
  readonly overdue: boolean
  /** Updates of the phase that is due */
  readonly answers: AgentTable<Update>
  /** late Updates, re-based onto the Task that is due, of agents that have not answered it */
  readonly held: AgentTable<Update>
  /** whose Update of the phase that is due was refused, and who has not joined again since: they are waited for no more */
  readonly refused: AgentTable<true>
  /** who is connected */
  readonly present: AgentTable<true>
  /** how many of those may answer and have not */
  readonly missing: number
  /** as in {@link RoundCheckpoint} */
  readonly answered: Int32Array
  readonly folded: Int32Array
  /** phases closed and not durable yet, oldest first */
  readonly unsettled: readonly ClosedPhase[]
  readonly paused: boolean
  readonly stopping: boolean
  /** what has been announced last of the end */
  readonly ended: 'finished' | 'stopped' | null
}

/** What an event leads to. */
export interface RoundStep<State, Task, Update> {
  readonly state: RoundState<State, Task, Update>
  readonly effects: readonly RoundEffect<State, Task>[]
}

/** The reducer, and where it begins. */
export interface RoundMachine<State, Task, Update> {
  /** the state before anybody has joined */
  start(): RoundState<State, Task, Update>
  /** the state of a server that restarts from a checkpoint: nobody is there yet */
  restore(checkpoint: RoundCheckpoint<State, Task>): RoundState<State, Task, Update>
  /**
   * What an event leads to; the arguments are not changed.
   * @throws RangeError when the event names an agent, or a number of durable phases, that there is not
   */
  apply(state: RoundState<State, Task, Update>, event: RoundEvent<Update>): RoundStep<State, Task, Update>
}

/** A machine's rule and settings, complete. */
export interface RoundContext<State, Task, Update> {
  readonly rule: ServerRule<State, Task, Update>
  readonly agents: number
  readonly phases: number
  readonly participation: Participation
  /** Tasks before the one that is due that agents may be given again; where late Updates are folded, one is kept in any case */
  readonly remembered: number
  /** null where late Updates are dropped */
  readonly rebase: Rebase<Task, Update> | null
}

/**
 * The round machine of a server rule.
 * @throws RangeError when a setting is out of range, or late Updates are to be folded and nothing says how
 */
export function roundMachine<State, Task, Update>(
  rule: ServerRule<State, Task, Update>,
  settings: RoundSettings<Task, Update>,
): RoundMachine<State, Task, Update> {
  const { agents, phases } = settings
  const participation = participationOf(settings.participation, agents)
  const rebase = rebaseOf(settings, participation)
  const { remembered = 0 } = settings
  const context = { rule, agents, phases, participation, remembered, rebase }
  return {
    start: () => started(context),
    restore: (checkpoint) => restored(context, checkpoint),
    apply: (state, event) => reduce(context, state, event),
  }
}

/** Where a round has several phases, later ones build on an agent's own answer to the first: a late Update fits nowhere. */
function rebaseOf<Task, Update>(
  { rebase, phases }: RoundSettings<Task, Update>,
  { late }: Participation,
): Rebase<Task, Update> | null {
  if (late === 'drop' || phases > 1) return null
  if (rebase === undefined)
    throw new RangeError('roundMachine: late: foldNextRound expects a way to rebase late Updates, got none')
  return rebase
}
