/** Trajectories of a block of agents, drawn side by side before any table is touched: the kernel's first stage. */
import type { Log } from '../mdp/log.ts'
import type { Mdp } from '../mdp/mdp.ts'
import type { PolicySet } from '../mdp/policy.ts'
import { actionSampler, drawStart, outcomeSampler, startSampler } from '../mdp/sampler.ts'
import { Purpose, streamOf } from '../numeric/stream.ts'

/** Steps of a block of n agents, step t of agent i at index t * n + i. */
export interface Block {
  /** entry that the step updates */
  readonly pair: Uint32Array
  /** first entry of the row to bootstrap from; S * A, a row of zeros, after a terminated step */
  readonly row: Uint32Array
  readonly reward: Float64Array
}

/** Moves agents on along their trajectories. */
export interface Walker {
  /** Writes the next `steps` steps of agents first .. first + n - 1 into the block. */
  walk(first: number, n: number, steps: number, block: Block): void
}

/** Agents 0 .. K-1 walking in an Mdp; draws exactly what the agents' own experience draws. */
export function modelWalker(mdp: Mdp, behaviors: PolicySet, seed: number): Walker {
  const agents = behaviors.of.length
  const { actions, terminal, next, reward, start } = mdp
  const zeroRow = mdp.states * actions
  const outcomes = outcomeSampler(mdp)
  const actionTables = behaviors.tables.map((policy) => actionSampler(policy, actions))
  const starts = behaviors.tables.map((_, i) => startSampler(behaviors.starts?.[i] ?? mdp.initial))
  const shift = actionTables[0]?.shift[0] ?? 31
  const bits = 32 - shift
  const x = new Uint32Array(agents)
  const y = new Uint32Array(agents)
  const startStreams = new Uint32Array(2 * agents)
  const state = new Uint32Array(agents)
  const restart = (agent: number): number => {
    const sampler = starts[behaviors.of[agent] as number] as (typeof starts)[number]
    return drawStart(sampler, startStreams.subarray(2 * agent, 2 * agent + 2))
  }
  for (let agent = 0; agent < agents; agent++) {
    const walk = streamOf(seed, agent, Purpose.walk)
    x[agent] = walk[0] as number
    y[agent] = walk[1] as number
    startStreams.set(streamOf(seed, agent, Purpose.start), 2 * agent)
    state[agent] = restart(agent)
  }
  // Three short loops a step, each over the agents: their loads do not wait for one another, and the selects do not branch.
  return {
    walk(first, n, steps, block) {
      const words = new Uint32Array(2 * n)
      for (let t = 0, at = 0; t < steps; t++, at += n) {
        for (let i = 0; i < n; i++) {
          let a = x[first + i] as number
          let b = (y[first + i] as number) ^ a
          let product = Math.imul(a, 0x9e3779bb)
          words[2 * i] = Math.imul((product << 5) | (product >>> 27), 5)
          a = ((a << 26) | (a >>> 6)) ^ b ^ (b << 9)
          b = (b << 13) | (b >>> 19)
          product = Math.imul(a, 0x9e3779bb)
          words[2 * i + 1] = Math.imul((product << 5) | (product >>> 27), 5)
          b ^= a
          x[first + i] = ((a << 26) | (a >>> 6)) ^ b ^ (b << 9)
          y[first + i] = (b << 13) | (b >>> 19)
        }
        for (let i = 0; i < n; i++) {
          const tables = actionTables[behaviors.of[first + i] as number] as (typeof actionTables)[number]
          const from = state[first + i] as number
          const word = words[2 * i] as number
          const column = word >>> shift
          const slot = (from << bits) + column
          const alias = tables.alias[slot] as number
          const below = (((word << bits) >>> 8) - (tables.threshold[slot] as number)) >> 31
          block.pair[at + i] = from * actions + (alias ^ ((alias ^ column) & below))
        }
        for (let i = 0; i < n; i++) {
          const pair = block.pair[at + i] as number
          const word = words[2 * i + 1] as number
          const shiftOfRow = outcomes.shift[pair] as number
          const column = word >>> shiftOfRow
          const slot = (outcomes.offset[pair] as number) + column
          const alias = outcomes.alias[slot] as number
          const below = (((word << (32 - shiftOfRow)) >>> 1) - (outcomes.threshold[slot] as number)) >> 31
          const outcome = (start[pair] as number) + (alias ^ ((alias ^ column) & below))
          const to = next[outcome] as number
          block.reward[at + i] = reward[outcome] as number
          const terminated = terminal[to] === 1
          block.row[at + i] = terminated ? zeroRow : to * actions
          state[first + i] = terminated ? restart(first + i) : to
        }
      }
    },
  }
}

/** Agents that replay a log each, in order, from the start again when it ends. */
export function replayWalker(logs: readonly Log[], states: number, actions: number): Walker {
  const zeroRow = states * actions
  const position = logs.map(() => 0)
  return {
    walk(first, n, steps, block) {
      for (let i = 0; i < n; i++) {
        const log = logs[first + i] as Log
        let from = position[first + i] as number
        for (let t = 0; t < steps; t++) {
          const at = t * n + i
          block.pair[at] = (log.state[from] as number) * actions + (log.action[from] as number)
          block.reward[at] = log.reward[from] as number
          block.row[at] = log.terminated[from] === 1 ? zeroRow : (log.next[from] as number) * actions
          from = from + 1 === log.state.length ? 0 : from + 1
        }
        position[first + i] = from
      }
    },
  }
}
