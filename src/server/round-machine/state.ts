/** The state of a round machine: where it begins, and what can be read from it. */
import type { RoundCheckpoint, RoundContext, RoundState } from '../round-machine.ts'
import { agentsOf, emptyTable, valueOf } from './agent-table.ts'

/** Phases that may be closed and not yet on disk while the next one goes on, where everybody takes part in each. */
const AHEAD = 8

/** The state before anybody has joined. */
export function started<State, Task, Update>(
  context: RoundContext<State, Task, Update>,
): RoundState<State, Task, Update> {
  const nobody = new Int32Array(context.agents).fill(-1)
  return restored(context, {
    closed: 0,
    rule: context.rule.init(),
    recent: [],
    answered: nobody,
    folded: nobody,
  })
}

/** The state after a restart from a checkpoint. */
export function restored<State, Task, Update>(
  { rule }: RoundContext<State, Task, Update>,
  checkpoint: RoundCheckpoint<State, Task>,
): RoundState<State, Task, Update> {
  const { closed, rule: state, recent, answered, folded } = checkpoint
  // without a `...`: the engine copies what was written out, and all that is copied from it, several times as fast
  return {
    rule: state,
    closed,
    recent,
    answered,
    folded,
    open: false,
    deadline: null,
    overdue: false,
    answers: emptyTable,
    held: emptyTable,
    refused: emptyTable,
    durable: closed,
    task: rule.task(state),
    present: emptyTable,
    missing: 0,
    unsettled: [],
    paused: false,
    stopping: false,
    ended: null,
  }
}

/** What has to be on disk for a restart in this state. */
export const checkpointOf = <State, Task, Update>({
  closed,
  rule,
  recent,
  answered,
  folded,
}: RoundState<State, Task, Update>): RoundCheckpoint<State, Task> => ({
  closed,
  rule,
  recent,
  answered,
  folded,
})

/** The state in which the phase that is due begins afresh after a closing. */
export function due<State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
): RoundState<State, Task, Update> {
  const fresh: RoundState<State, Task, Update> = {
    ...state,
    open: false,
    deadline: null,
    overdue: false,
    answers: emptyTable,
    held: emptyTable,
    refused: emptyTable,
  }
  return { ...fresh, missing: missingAgents(context, fresh).length }
}

/** Whether the agent may take part in the phase that is due: in the first of a round everybody, later those that took part in the one before. */
export const eligible = <State, Task, Update>(
  { phases }: RoundContext<State, Task, Update>,
  { closed, folded }: RoundState<State, Task, Update>,
  agent: number,
): boolean => closed % phases === 0 || folded[agent] === closed - 1

/** Whether the agent may answer the Task that is due, and has neither done so nor been refused. */
export const owes = <State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
  agent: number,
): boolean =>
  eligible(context, state, agent) &&
  valueOf(state.answers, agent) === undefined &&
  valueOf(state.refused, agent) === undefined

/** Who is there, may answer and has not; ascending. */
export const missingAgents = <State, Task, Update>(
  context: RoundContext<State, Task, Update>,
  state: RoundState<State, Task, Update>,
): number[] => agentsOf(state.present).filter((agent) => owes(context, state, agent))

/**
 * Whether the next Task may go out though what is closed is not all on disk. It must be the same Task after a crash. Where everybody takes
 * part in every phase, closing again gives the same bytes; else the closing has to be on disk first.
 */
export const mayRunAhead = <State, Task, Update>(
  { agents, participation }: RoundContext<State, Task, Update>,
  { closed, durable }: RoundState<State, Task, Update>,
): boolean => closed - durable < (participation.minimum === agents ? AHEAD : 1)
