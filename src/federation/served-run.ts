/**
 * One run, (variant, seed), on the server: the round machine with bytes on its outside. Updates are opened and checked before the machine
 * sees them; what it wants kept comes out as a line of the record and a checkpoint. No sockets, no disk, no clock.
 */
import { encodeFrame, type NestedFrame } from '../protocol/frame.ts'
import type { Issue, Result } from '../numeric/result.ts'
import { reasonOf } from '../protocol/session-codec.ts'
import type { AckStatus, Position, UpdateMessage } from '../protocol/session-messages.ts'
import { openUpdate } from '../protocol/session-rules.ts'
import { roundMachine } from '../server/round-machine.ts'
import type {
  ClosedPhase,
  PhasePosition,
  RoundCheckpoint,
  RoundEffect,
  RoundEvent,
  RoundMachine,
  RoundSettings,
  RoundState,
} from '../server/round-machine.ts'
import type { ServerRule } from '../server/rule.ts'
import type { RoundView } from './server/snapshot.ts'
import { decodePlain, encodePlain } from './plain-data.ts'

/** Which run: what its Tasks, its checkpoint and its record are named by. */
export type RunKey = Pick<Position, 'variant' | 'seed'>

/** A measured number by the name of its metric. */
export type Measure = readonly [metric: string, value: number]

/** What the server of one run is made of. */
export interface ServedRun<State, Task, Update> extends RunKey {
  readonly rule: ServerRule<State, Task, Update>
  readonly settings: RoundSettings<Task, Update>
  taskFrame(task: Task): NestedFrame
  /** reads an Update and holds it against the contract of the run */
  decodeUpdate(frame: Uint8Array): Result<Update>
  /** what is wrong with an Update of the right shape that answers this Task: no honest agent sends it; empty where nothing is */
  issuesOf(update: Update, task: Task): readonly Issue[]
  /** what is written down of the state after a phase; nothing where nothing is due */
  measure(state: State): readonly Measure[]
}

/** A line of the record of a run: who took part in a phase that closed, and what was measured after it. */
export interface RecordLine extends ClosedPhase {
  readonly measured: readonly Measure[]
}

/** What was kept of a run: the newest checkpoint, and a line for each phase closed before it. */
export interface SavedRun {
  readonly checkpoint: Uint8Array
  readonly lines: readonly RecordLine[]
}

/** What happens to a run; `now` as in {@link RoundEvent}. */
export type RunEvent =
  | Exclude<RoundEvent<never>, { type: 'update' | 'refused' }>
  | { readonly type: 'update'; readonly message: UpdateMessage; readonly now: number }

/** What is to be done, in the order of the list. */
export type RunEffect =
  | {
      readonly type: 'task'
      readonly position: Position
      readonly frame: NestedFrame
      readonly agents: readonly number[]
      readonly after: readonly number[]
    }
  | {
      readonly type: 'ack'
      readonly position: Position
      readonly status: AckStatus
      readonly reason: string
      readonly agents: readonly number[]
    }
  /** append the line, durable when the checkpoint is; then tell by the event `durable`. A checkpoint that a newer one has overtaken may be left out */
  | {
      readonly type: 'save'
      readonly closed: number
      readonly line: RecordLine
      /** nothing goes on before it is on disk */
      readonly isAwaited: boolean
      checkpoint(): Uint8Array
    }
  | Extract<RoundEffect<never, never>, { type: 'timer' | 'announce' }>

/** A run on the server, its types hidden. */
export interface HostedRun extends RunKey {
  /** the phase that is due */
  due(): PhasePosition
  /** phases of a round */
  readonly phases: number
  /** so many Updates an agent may have sent that are not on its disk: their Tasks are remembered for it */
  readonly ahead: number
  /** what can be seen of the round machine */
  view(): RoundView
  apply(event: RunEvent): RunEffect[]
}

/** A run on the server. */
export interface Host<State> extends HostedRun {
  /** of the server rule, now */
  state(): State
}

/**
 * Begins a run, or takes it up again from what was kept.
 * @throws Error where the checkpoint cannot be read
 */
export function hostRun<State, Task, Update extends PhaseHeader>(
  run: ServedRun<State, Task, Update>,
  saved: SavedRun | null,
): Host<State> {
  const { variant, seed, settings } = run
  const ahead = aheadOf(run)
  const machine = roundMachine(run.rule, { ...settings, remembered: ahead })
  let state = saved === null ? machine.start() : machine.restore(checkpointIn<State, Task>(saved.checkpoint))
  return {
    variant,
    seed,
    phases: settings.phases,
    ahead,
    state: () => state.rule,
    view: () => state,
    due: () => ({
      round: Math.floor(state.closed / settings.phases),
      phase: state.closed % settings.phases,
    }),
    apply(event) {
      const step = event.type === 'update' ? receive(run, machine, state, event) : machine.apply(state, event)
      state = step.state
      return outward(run, step.effects)
    },
  }
}

/** Agents run no further ahead of their disks, and Tasks that are remembered take no more bytes of a checkpoint. */
const MOST_AHEAD = 4
const MOST_REMEMBERED = 65_536

/**
 * How far agents may run ahead of their disks. Where not everybody takes part in every phase, an agent may come back when its Tasks are long
 * forgotten: it may not at all.
 */
function aheadOf<State, Task, Update>({ rule, settings, taskFrame }: ServedRun<State, Task, Update>): number {
  const { agents, participation } = settings
  const task = rule.task(rule.init())
  if ((participation.minimum ?? agents) < agents || task === null) return 0
  return Math.min(MOST_AHEAD, Math.floor(MOST_REMEMBERED / encodeFrame(taskFrame(task)).length))
}

/** What every Update says of itself. */
interface PhaseHeader {
  readonly agent: number
  readonly round: number
  readonly phase?: number
}

/** Lets the machine have an Update whose content is right; refuses any other. */
function receive<State, Task, Update extends PhaseHeader>(
  run: ServedRun<State, Task, Update>,
  machine: RoundMachine<State, Task, Update>,
  state: RoundState<State, Task, Update>,
  { message, now }: Extract<RunEvent, { type: 'update' }>,
): ReturnType<RoundMachine<State, Task, Update>['apply']> {
  const { agent, round, phase } = message
  const update = openUpdate(message, (frame) => run.decodeUpdate(frame))
  const task = update.ok ? taskAt(run.settings.phases, state, message) : null
  const issues = !update.ok ? update.issues : task === null ? [] : run.issuesOf(update.value, task)
  return update.ok && issues.length === 0
    ? machine.apply(state, { type: 'update', agent, round, phase, update: update.value, now })
    : machine.apply(state, { type: 'refused', agent, round, phase, reason: reasonOf(issues), now })
}

/** The Task of this position; null where no Update for it can be folded any more, or yet. */
function taskAt<State, Task, Update>(
  phases: number,
  { closed, task, recent }: RoundState<State, Task, Update>,
  { round, phase }: PhasePosition,
): Task | null {
  const ordinal = phase < phases ? round * phases + phase : -1
  if (ordinal === closed) return task
  return ordinal >= 0 && ordinal < closed ? (recent.at(ordinal - closed) ?? null) : null
}

/** The effects of the machine as the outside sees them; a closed phase and the checkpoint after it come as one. */
function outward<State, Task, Update>(
  run: ServedRun<State, Task, Update>,
  effects: readonly RoundEffect<State, Task>[],
): RunEffect[] {
  const { variant, seed } = run
  const at = ({ round, phase }: PhasePosition): Position => ({ variant, seed, round, phase })
  let closed: ClosedPhase | null = null
  return effects.flatMap((effect): RunEffect[] => {
    switch (effect.type) {
      case 'task': {
        const { agents, after, task } = effect
        return [{ type: 'task', position: at(effect), frame: run.taskFrame(task), agents, after }]
      }
      case 'ack': {
        const { status, reason, agents } = effect
        return [{ type: 'ack', position: at(effect), status, reason, agents }]
      }
      case 'closed':
        closed = effect.phase
        return []
      case 'checkpoint':
        return closed === null ? [] : [saveOf(run, closed, effect.checkpoint)]
      case 'timer':
      case 'announce':
        return [effect]
    }
  })
}

function saveOf<State, Task, Update>(
  run: ServedRun<State, Task, Update>,
  phase: ClosedPhase,
  checkpoint: RoundCheckpoint<State, Task>,
): RunEffect {
  const { agents, participation } = run.settings
  return {
    type: 'save',
    closed: checkpoint.closed,
    line: { ...phase, measured: run.measure(checkpoint.rule) },
    isAwaited: (participation.minimum ?? agents) < agents || run.rule.task(checkpoint.rule) === null,
    checkpoint: () => encodePlain(checkpoint),
  }
}

const checkpointIn = <State, Task>(bytes: Uint8Array): RoundCheckpoint<State, Task> =>
  decodePlain(bytes) as RoundCheckpoint<State, Task>
