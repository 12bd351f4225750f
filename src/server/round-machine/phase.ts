/** How a phase opens, asks and closes. */
import type {
  ClosedPhase,
  PhasePosition,
  RoundContext,
  RoundEffect,
  RoundState,
  RoundStep,
} from '../round-machine.ts'
import { agentsOf, valueOf } from './agent-table.ts'
import { enough } from './participation.ts'
import { checkpointOf, due, mayRunAhead, missingAgents, owes } from './state.ts'

/** Where the phase with this ordinal stands. */
export const positionOf = (phases: number, ordinal: number): PhasePosition => ({
  round: Math.floor(ordinal / phases),
  phase: ordinal % phases,
})

/** Asks these agents for the Task that is due; no effect where there is nobody to ask. */
export function taskTo<State, Task, Update>(
  { phases }: RoundContext<State, Task, Update>,
  { task, closed, answered }: RoundState<State, Task, Update>,
  agents: readonly number[],
): RoundEffect<State, Task>[] {
  if (task === null || agents.length === 0) return []
  const after = agents.map((agent) => (answered[agent] as number) + 1)
  return [{ type: 'task', task, agents, after, ...positionOf(phases, closed) }]
}

/** Gives agents that have lost their last states the Tasks that led to them, then the one that is due to those that were asked for it. */
export function reminded<State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
  agents: readonly number[],
): RoundEffect<State, Task>[] {
  const { closed, open } = state
  const recent = context.remembered === 0 ? [] : state.recent.slice(-context.remembered)
  const before = recent.map((task, i): RoundEffect<State, Task> => {
    const ordinal = closed - recent.length + i
    return {
      type: 'task',
      task,
      agents,
      after: agents.map(() => ordinal),
      ...positionOf(context.phases, ordinal),
    }
  })
  const asked = open ? agents.filter((agent) => owes(context, state, agent)) : []
  return [...before, ...taskTo(context, state, asked)]
}

/** Whether the phase that is due can begin: enough agents are there, or have answered before they left. */
export const mayOpen = <State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
): boolean =>
  !state.open &&
  !state.paused &&
  !state.stopping &&
  state.task !== null &&
  state.missing + state.answers.size >= context.participation.minimum &&
  mayRunAhead(context, state)

/** Opens the phase that is due, with the time until its deadline before it. */
export function open<State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
  now: number,
): RoundStep<State, Task, Update> {
  return asked(context, { ...state, open: true }, now)
}

/** Asks again, after a tick, whoever is silent in a phase whose deadline has passed with too few answers. */
export function askAgain<State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  before: RoundState<State, Task, Update>,
  step: RoundStep<State, Task, Update>,
  now: number,
): RoundStep<State, Task, Update> {
  const { state } = step
  const silent = state.open && !state.paused && state.closed === before.closed
  if (!silent || state.deadline === null || now < state.deadline) return step
  const again = asked(context, state, now)
  return { state: again.state, effects: [...step.effects, ...again.effects] }
}

function asked<State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
  now: number,
): RoundStep<State, Task, Update> {
  const { deadlineSeconds } = context.participation
  const deadline = deadlineSeconds === null ? null : now + 1000 * deadlineSeconds
  const effects = taskTo(context, state, missingAgents(context, state))
  if (deadline !== null) effects.push({ type: 'timer', at: deadline })
  return { state: { ...state, deadline }, effects }
}

/** Whether the open phase has what it needs: all that take part, enough of them, or the minimum after the deadline. */
export function mayClose<State, Task, Update>(
  { participation }: RoundContext<State, Task, Update>,
  { open, paused, answers, held, missing, overdue }: RoundState<State, Task, Update>,
): boolean {
  if (!open || paused || answers.size + held.size < participation.minimum) return false
  return overdue || missing === 0 || answers.size >= enough(participation, missing + answers.size)
}

/** Closes the open phase: folds one Update of each agent that takes part, in agent order. */
export function close<State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
): RoundStep<State, Task, Update> {
  const { rule, phases } = context
  const late = agentsOf(state.held)
  const agents = [...agentsOf(state.answers), ...late].toSorted((one, other) => one - other)
  const updates = agents.map(
    (agent) => (valueOf(state.answers, agent) ?? valueOf(state.held, agent)) as Update,
  )
  const phase: ClosedPhase = { ...positionOf(phases, state.closed), agents, late }
  const folded = rule.fold(state.rule, updates)
  const { answered, folded: foldedIn } = historyAfter(state, phase, phases)
  const next = due(context, {
    ...state,
    answered,
    folded: foldedIn,
    rule: folded,
    closed: state.closed + 1,
    task: rule.task(folded),
    recent: recentWith(Math.max(context.remembered, Number(context.rebase !== null)), state),
    unsettled: [...state.unsettled, phase],
  })
  return {
    state: next,
    effects: [
      { type: 'closed', phase },
      { type: 'checkpoint', checkpoint: checkpointOf(next) },
    ],
  }
}

/** The Tasks before the one that follows. */
const recentWith = <State, Task, Update>(
  most: number,
  { recent, task }: RoundState<State, Task, Update>,
): readonly Task[] => (most === 0 || task === null ? [] : [...recent, task].slice(-most))

/** What each agent's last folded Update answered, and where it was folded, after this phase. */
function historyAfter<State, Task, Update>(
  { answered, folded, closed }: RoundState<State, Task, Update>,
  { agents, late }: ClosedPhase,
  phases: number,
): Pick<RoundState<State, Task, Update>, 'answered' | 'folded'> {
  const after = { answered: answered.slice(), folded: folded.slice() }
  for (const agent of agents) {
    after.answered[agent] = closed
    after.folded[agent] = closed
  }
  for (const agent of late) after.answered[agent] = closed - phases
  return after
}
