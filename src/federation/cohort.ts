/** A set of agents that can be asked to work on a Task: simulated in this process, or remote. */

/** Gives a Task to every agent and returns their Updates in agent order. */
export interface Cohort<Task, Update> {
  /** one Update of every agent that takes part */
  work(task: Task): Promise<readonly Update[]>
}
