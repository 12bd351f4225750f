/** What becomes of an Update that comes in: the phase that is due takes it, or it is a duplicate, late, or not to be had. */
import type { AckStatus } from '../../protocol/session-messages.ts'
import type { PhasePosition, RoundContext, RoundEffect, RoundState, RoundStep } from '../round-machine.ts'
import { valueOf, withoutValue, withValue } from './agent-table.ts'
import { positionOf } from './phase.ts'
import { eligible, owes } from './state.ts'

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
    held: withoutValue(state.held, agent),
    refused: withoutValue(state.refused, agent),
    missing: state.missing - Number(isWaitedFor(context, state, agent)),
  })
  return { ...taken, effects: [...taken.effects, ...overtaken(context, state, agent)] }
}

const isWaitedFor = <State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
  agent: number,
): boolean => valueOf(state.present, agent) === true && owes(context, state, agent)

/**
 * Answers an Update whose content is wrong: `duplicate` where the first one for its position counts, else `refused`. Where it is for the phase
 * that is due, the phase waits for its agent no more.
 */
export function refuse<State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
  agent: number,
  { round, phase, reason }: PhasePosition & { readonly reason: string },
): RoundStep<State, Task, Update> {
  const ordinal = phase < context.phases ? round * context.phases + phase : -1
  const answer = (status: AckStatus, why: string, next = state): RoundStep<State, Task, Update> => ({
    state: next,
    effects: [{ type: 'ack', round, phase, status, reason: why, agents: [agent] }],
  })
  if (isTaken(context, state, agent, ordinal)) return answer('duplicate', '')
  const excused = ordinal === state.closed && state.task !== null && owes(context, state, agent)
  if (!excused) return answer('refused', reason)
  return answer('refused', reason, {
    ...state,
    refused: withValue<true>(state.refused, agent, true),
    missing: state.missing - Number(isWaitedFor(context, state, agent)),
  })
}

/** Whether there is an Update of the agent for this ordinal that counts, or has been folded last. */
const isTaken = <State, Task, Update>(
  { phases }: RoundContext<State, Task, Update>,
  { closed, answers, held, answered }: RoundState<State, Task, Update>,
  agent: number,
  ordinal: number,
): boolean =>
  (ordinal === closed && valueOf(answers, agent) !== undefined) ||
  (ordinal === closed - phases && valueOf(held, agent) !== undefined) ||
  (ordinal >= 0 && ordinal === answered[agent])

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
  { task, recent, closed, answers }: RoundState<State, Task, Update>,
  agent: number,
  ordinal: number,
  update: Update,
): Update | null {
  const foldable = ordinal === closed - phases && valueOf(answers, agent) === undefined
  const from = recent.at(-1)
  return foldable && rebase !== null && task !== null && from !== undefined
    ? rebase(update, from, task)
    : null
}
