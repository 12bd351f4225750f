/** The loop that people write: K tables, a step an agent at a time, cumulative sums for draws, dense averaging. What the kernel is measured beside. */
import type { Mdp } from '../src/mdp/mdp.ts'
import type { PolicySet } from '../src/mdp/policy.ts'
import { Purpose, nextWord, streamOf } from '../src/numeric/stream.ts'

const scan = (weights: Float64Array, from: number, to: number, word: number): number => {
  let left = word / 4294967296
  for (let i = from; i < to - 1; i++) {
    left -= weights[i] as number
    if (left < 0) return i
  }
  return to - 1
}

/** A run of textbook FedAsynQ; `round` takes tau steps with every agent and averages. */
export function textbookRun(
  mdp: Mdp,
  behaviors: PolicySet,
  averaging: 'equal' | 'importance',
  stepSize: number,
): { round(steps: number): void } {
  const { states, actions, discount } = mdp
  const entries = states * actions
  const agents = behaviors.of.length
  const tables = Array.from({ length: agents }, () => new Float64Array(entries))
  const visits = Array.from({ length: agents }, () => new Float64Array(entries))
  const streams = Array.from({ length: agents }, (_, agent) => streamOf(1, agent, Purpose.walk))
  const state = new Uint32Array(agents)

  const step = (agent: number): void => {
    const stream = streams[agent] as Uint32Array
    const q = tables[agent] as Float64Array
    const from = (state[agent] as number) * actions
    const policy = behaviors.tables[behaviors.of[agent] as number] as Float64Array
    const pair = scan(policy, from, from + actions, nextWord(stream))
    const outcome = scan(
      mdp.probability,
      mdp.start[pair] as number,
      mdp.start[pair + 1] as number,
      nextWord(stream),
    )
    const next = mdp.next[outcome] as number
    let best = q[next * actions] as number
    for (let i = next * actions + 1; i < (next + 1) * actions; i++) best = Math.max(best, q[i] as number)
    q[pair] =
      (1 - stepSize) * (q[pair] as number) + stepSize * ((mdp.reward[outcome] as number) + discount * best)
    const counts = visits[agent] as Float64Array
    counts[pair] = (counts[pair] as number) + 1
    state[agent] = next
  }

  const average = (): void => {
    for (let entry = 0; entry < entries; entry++) {
      let [sum, total] = [0, 0]
      for (let agent = 0; agent < agents; agent++) {
        const count = (visits[agent] as Float64Array)[entry] as number
        const weight = averaging === 'equal' ? 1 : Math.pow(1 - stepSize, -count)
        sum += weight * ((tables[agent] as Float64Array)[entry] as number)
        total += weight
      }
      for (const q of tables) q[entry] = sum / total
    }
    for (const counts of visits) counts.fill(0)
  }

  return {
    round(steps) {
      for (let t = 0; t < steps; t++) for (let agent = 0; agent < agents; agent++) step(agent)
      average()
    },
  }
}
