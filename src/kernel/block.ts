/** How many agents and steps are drawn at a time: enough agents that memory waits overlap, few enough that a block stays in cache. */
import type { Block } from './walk.ts'

const MOST_AGENTS = 50
const MOST_STEPS = 32768

/** Agents a block and steps a chunk: several agents are drawn together only where a whole round of theirs fits. */
export function blockSize(agents: number, syncPeriod: number): { agents: number; steps: number } {
  const steps = Math.min(syncPeriod, MOST_STEPS)
  const fitting = steps < syncPeriod ? 1 : Math.max(1, Math.floor(MOST_STEPS / steps))
  return { agents: Math.min(agents, MOST_AGENTS, fitting), steps }
}

/** An empty block. */
export const emptyBlock = ({ agents, steps }: { agents: number; steps: number }): Block => ({
  pair: new Uint32Array(agents * steps),
  row: new Uint32Array(agents * steps),
  reward: new Float64Array(agents * steps),
})
