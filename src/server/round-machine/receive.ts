/** What becomes of an Update that comes in: the phase that is due takes it, or it is a duplicate, late, or not to be had. */
import type { AckStatus } from '../../protocol/session-messages.ts'
import type { PhasePosition, RoundContext, RoundEffect, RoundState, RoundStep } from '../round-machine.ts'
import { valueOf, withValue } from './agent-table.ts'
import { positionOf } from './phase.ts'
import { eligible } from './state.ts'

/** An Update and the position that it was sent for. */
interface Received<Update> extends PhasePosition {
  readonly update: Update
}

const named = ({ round, phase }: PhasePosition): string => `round ${round}, phase ${phase}`

/** Takes an Update of `agent`; the first one for a position counts. */
export function receive<State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
  agent: number,
  { round, phase, update }: Received<Update>,
): RoundStep<State, Task, Update> {
  const { phases } = context
  const ordinal = round * phases + phase
  const answer = (status: AckStatus, reason = '', next = state): RoundStep<State, Task, Update> => ({
    state: next,
    effects: [{ type: 'ack', round, phase, status, reason, agents: [agent] }],
  })
  if (phase >= phases) return answer('refused', `a round has ${phases} phases`)
  if (ordinal < state.closed) return past(context, state, agent, { round, phase, update })
  if (state.task === null) return answer('refused', 'the run is over')
  if (ordinal > state.closed)
    return answer('refused', `not asked for yet: ${named(positionOf(phases, state.closed))} is due`)
  if (!eligible(context, state, agent)) return answer('refused', 'took no part in the phase before')
  if (valueOf(state.answers, agent) !== undefined) return answer('duplicate')
  const taken = answer('received', '', {
    ...state,
    answers: withValue(state.answers, agent, update),
    held: withValue(state.held, agent, undefined),
    missing: state.missing - Number(valueOf(state.present, agent) === true),
  })
  return { ...taken, effects: [...taken.effects, ...overtaken(context, state, agent)] }
}

/** An agent that answers itself needs no late Update: it is told so. */
function overtaken<State, Task, Update>(
  { phases }: RoundContext<State, Task, Update>,
  { held, closed }: RoundState<State, Task, Update>,
  agent: number,
): RoundEffect<State, Task>[] {
  if (valueOf(held, agent) === undefined) return []
  const position = positionOf(phases, closed - phases)
  const reason = `the agent has answered ${named(positionOf(phases, closed))} itself`
  return [{ type: 'ack', ...position, status: 'late', reason, agents: [agent] }]
}

/** An Update of a phase that has closed. */
function past<State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
  agent: number,
  { round, phase, update }: Received<Update>,
): RoundStep<State, Task, Update> {
  const ordinal = round * context.phases + phase
  const [answered, folded] = [state.answered[agent] as number, state.folded[agent] as number]
  const answer = (status: AckStatus, reason = '', next = state): RoundStep<State, Task, Update> => ({
    state: next,
    effects: [{ type: 'ack', round, phase, status, reason, agents: [agent] }],
  })
  if (ordinal === answered) return answer(folded < state.durable ? 'durable' : 'duplicate')
  if (ordinal < answered || valueOf(state.held, agent) !== undefined) return answer('duplicate')
  const rebased = ordinal > folded ? rebase(context, state, agent, ordinal, update) : null
  if (rebased === null) return answer('late', `${named({ round, phase })} has closed`)
  return answer('received', '', { ...state, held: withValue(state.held, agent, rebased) })
}

/** The Update as it counts for the Task that is due; null where it does not: it is older than one round, or the agent has answered itself. */
function rebase<State, Task, Update>(
  { phases, rebase }: RoundContext<State, Task, Update>,
  { task, previous, closed, answers }: RoundState<State, Task, Update>,
  agent: number,
  ordinal: number,
  update: Update,
): Update | null {
  const foldable = ordinal === closed - phases && valueOf(answers, agent) === undefined
  return foldable && rebase !== null && task !== null && previous !== null
    ? rebase(update, previous, task)
    : null
}
