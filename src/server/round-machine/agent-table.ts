/** Values by agent, never changed in place: a change copies two short lists, so that ten thousand answers of one round stay cheap. */

const CHUNK = 64

/** At most one value for each agent. */
export interface AgentTable<T> {
  /** how many agents have a value */
  readonly size: number
  /** of {@link CHUNK} agents each */
  readonly chunks: readonly (readonly (T | undefined)[] | undefined)[]
}

/** The table in which nobody has a value. */
export const emptyTable: AgentTable<never> = { size: 0, chunks: [] }

/** The value of an agent, or undefined where it has none. */
export const valueOf = <T>(table: AgentTable<T>, agent: number): T | undefined =>
  table.chunks[Math.floor(agent / CHUNK)]?.[agent % CHUNK]

/** The table in which `agent` has this value, or none where it is undefined. */
export function withValue<T>(table: AgentTable<T>, agent: number, value: T | undefined): AgentTable<T> {
  const index = Math.floor(agent / CHUNK)
  const chunks = table.chunks.slice()
  const chunk = chunks[index]?.slice() ?? []
  const size = table.size + Number(value !== undefined) - Number(chunk[agent % CHUNK] !== undefined)
  chunk[agent % CHUNK] = value
  chunks[index] = chunk
  return { size, chunks }
}

/** The table in which `agent` has no value: the same one where it has none already. */
export const withoutValue = <T>(table: AgentTable<T>, agent: number): AgentTable<T> =>
  valueOf(table, agent) === undefined ? table : withValue(table, agent, undefined)

/** The agents that have a value, ascending. */
export function agentsOf(table: AgentTable<unknown>): number[] {
  const agents: number[] = []
  for (const [index, chunk] of table.chunks.entries())
    for (const [offset, value] of (chunk ?? []).entries())
      if (value !== undefined) agents.push(index * CHUNK + offset)
  return agents
}
