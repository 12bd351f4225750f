/** The server's half of an algorithm. Pure: no sockets, no clock. */

/** (state, Updates) -> (state, next Task). */
export interface ServerRule<State, Task, Update> {
  /** the state before the first round */
  init(): State
  /** the Task of the round that is due, or null when the run is over */
  task(state: State): Task | null
  /**
   * Closes the round; neither argument is changed.
   * @param updates one of each agent that takes part, in agent order
   */
  fold(state: State, updates: readonly Update[]): State
}
