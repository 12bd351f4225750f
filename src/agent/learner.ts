/** The agent's half of an algorithm: state in and state out, so that an agent can be stopped, kept and taken up at any Task. */

/** (state, Task) -> (state, Update). */
export interface Learner<State, Task, Update> {
  /** the state before the first Task */
  init(): State
  /** works on one Task; neither argument is changed */
  apply(state: State, task: Task): { readonly state: State; readonly update: Update }
}
