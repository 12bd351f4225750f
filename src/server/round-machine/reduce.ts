/** The reducer of a round machine: what each event does, and after it which phases open and close. */
import type {
  PhasePosition,
  RoundContext,
  RoundEffect,
  RoundEvent,
  RoundState,
  RoundStep,
} from '../round-machine.ts'
import { valueOf, withoutValue, withValue } from './agent-table.ts'
import { askAgain, close, mayClose, mayOpen, open, reminded, taskTo } from './phase.ts'
import { receive, refuse } from './receive.ts'
import { owes } from './state.ts'

type Context<S, T, U> = RoundContext<S, T, U>
type State<S, T, U> = RoundState<S, T, U>
type Step<S, T, U> = RoundStep<S, T, U>

/** What an event leads to, all closings and openings included. */
export function reduce<S, T, U>(
  context: Context<S, T, U>,
  state: State<S, T, U>,
  event: RoundEvent<U>,
): Step<S, T, U> {
  const first = handle(context, state, event)
  const moved = advance(context, first, event.now)
  const asked = event.type === 'tick' ? askAgain(context, first.state, moved, event.now) : moved
  return end(asked)
}

function handle<S, T, U>(
  context: Context<S, T, U>,
  state: State<S, T, U>,
  event: RoundEvent<U>,
): Step<S, T, U> {
  switch (event.type) {
    case 'joined':
      return joined(context, state, known(context, event.agent))
    case 'left':
      return left(context, state, known(context, event.agent))
    case 'behind':
      return { state, effects: reminded(context, state, event.agents.map((agent) => known(context, agent))) } // prettier-ignore
    case 'update':
      return receive(context, state, known(context, event.agent), event)
    case 'refused':
      return refuse(context, state, known(context, event.agent), event)
    case 'durable':
      return durable(context, state, event.closed)
    case 'tick':
      return { state: { ...state, overdue: isOverdue(state, event.now) }, effects: [] }
    case 'pause':
      return pause(state)
    case 'resume':
      return resume(context, state, event.now)
    case 'stop':
      // what is open is given back: nothing of it has been promised, and agents keep their Updates
      return { state: { ...state, stopping: true, open: false }, effects: [] }
  }
}

function known({ agents }: Pick<Context<unknown, unknown, unknown>, 'agents'>, agent: number): number {
  if (Number.isInteger(agent) && agent >= 0 && agent < agents) return agent
  throw new RangeError(`roundMachine: expected an agent in [0, ${agents - 1}], got ${agent}`)
}

/** Who joins again has a new chance where an Update of it was refused. */
function joined<S, T, U>(context: Context<S, T, U>, before: State<S, T, U>, agent: number): Step<S, T, U> {
  const state = { ...before, refused: withoutValue(before.refused, agent) }
  const waited = valueOf(before.present, agent) === true && owes(context, before, agent)
  const asked = owes(context, state, agent)
  const next: State<S, T, U> = {
    ...state,
    present: withValue<true>(state.present, agent, true),
    missing: state.missing + Number(asked) - Number(waited),
  }
  return { state: next, effects: state.open && asked ? taskTo(context, next, [agent]) : [] }
}

function left<S, T, U>(context: Context<S, T, U>, state: State<S, T, U>, agent: number): Step<S, T, U> {
  if (valueOf(state.present, agent) === undefined) return { state, effects: [] }
  const missing = state.missing - Number(owes(context, state, agent))
  return {
    state: { ...state, present: withValue<true>(state.present, agent, undefined), missing },
    effects: [],
  }
}

/** Acknowledges every Update of the phases that are on disk now. */
function durable<S, T, U>(
  { phases }: Context<S, T, U>,
  state: State<S, T, U>,
  closed: number,
): Step<S, T, U> {
  if (!Number.isInteger(closed) || closed > state.closed)
    throw new RangeError(`roundMachine: expected at most ${state.closed} durable phases, got ${closed}`)
  const count = Math.max(0, closed - state.durable)
  const effects = state.unsettled.slice(0, count).flatMap((phase): RoundEffect<S, T>[] => {
    const late = new Set(phase.late)
    const own = phase.agents.filter((agent) => !late.has(agent))
    return [...acked(phase, own), ...acked({ round: phase.round - 1, phase: phases - 1 }, phase.late)]
  })
  return {
    state: { ...state, durable: state.durable + count, unsettled: state.unsettled.slice(count) },
    effects,
  }
}

const acked = ({ round, phase }: PhasePosition, agents: readonly number[]): RoundEffect<never, never>[] =>
  agents.length === 0 ? [] : [{ type: 'ack', round, phase, status: 'durable', reason: '', agents }]

const isOverdue = <S, T, U>({ open, paused, deadline, overdue }: State<S, T, U>, now: number): boolean =>
  overdue || (open && !paused && deadline !== null && now >= deadline)

function pause<S, T, U>(state: State<S, T, U>): Step<S, T, U> {
  return state.paused
    ? { state, effects: [] }
    : { state: { ...state, paused: true }, effects: [{ type: 'announce', what: 'paused' }] }
}

/** Goes on; an open phase has its whole deadline before it again. */
function resume<S, T, U>(
  { participation }: Context<S, T, U>,
  state: State<S, T, U>,
  now: number,
): Step<S, T, U> {
  if (!state.paused) return { state, effects: [] }
  const deadline =
    state.open && participation.deadlineSeconds !== null ? now + 1000 * participation.deadlineSeconds : null
  return {
    state: { ...state, paused: false, deadline },
    effects: [
      { type: 'announce', what: 'resumed' },
      ...(deadline === null ? [] : [{ type: 'timer', at: deadline } as const]),
    ],
  }
}

/** Opens and closes as long as there is something to open or close. */
function advance<S, T, U>(context: Context<S, T, U>, from: Step<S, T, U>, now: number): Step<S, T, U> {
  let { state } = from
  const effects = [...from.effects]
  for (;;) {
    const step = mayOpen(context, state)
      ? open(context, state, now)
      : mayClose(context, state)
        ? close(context, state)
        : null
    if (step === null) return { state, effects }
    state = step.state
    effects.push(...step.effects)
  }
}

/** Announces the end once: of the run, or of the server's part in it. */
function end<S, T, U>(step: Step<S, T, U>): Step<S, T, U> {
  const { task, stopping, ended, closed, durable } = step.state
  const what = stopping ? 'stopped' : task === null ? 'finished' : null
  if (what === null || ended === what || durable < closed) return step
  return { state: { ...step.state, ended: what }, effects: [...step.effects, { type: 'announce', what }] }
}
