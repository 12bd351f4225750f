/** Algorithm 2 of Woo, Joshi, Chi 2025 as it is written: K full tables, dense averaging at every tau. The slow twin of everything fast. */
import type { Experience } from '../src/agent/experience.ts'
import { initialTable } from '../src/numeric/initial-table.ts'
import { stepSizeAt } from '../src/numeric/step-size.ts'
import type { QContract } from '../src/protocol/q-contract.ts'

/** The averaged table after T steps, weights by eq. (25) and (27) in log space. */
export function textbookFedAsynQ<State>(
  contract: QContract,
  experience: (agent: number) => Experience<State>,
): Float64Array {
  const { agents, actions, discount, syncPeriod, steps } = contract
  const tables = Array.from({ length: agents }, (_, agent) => initialTable(contract, agent))
  const sources = Array.from({ length: agents }, (_, agent) => experience(agent))
  const states = sources.map((source) => source.start())
  const entries = contract.states * actions
  let visits = tables.map(() => new Float64Array(entries))
  for (let t = 1; t <= steps; t++) {
    const start = Math.floor((t - 1) / syncPeriod) * syncPeriod
    const eta = stepSizeAt(contract.stepSize, start, discount)
    tables.forEach((q, k) => {
      const { trajectory, state } = (sources[k] as Experience<State>).gather(states[k] as State, 1)
      states[k] = state
      const [z, next] = [trajectory.pair[0] as number, trajectory.bootstrap[0] as number]
      const v = next < 0 ? 0 : Math.max(...q.subarray(next * actions, (next + 1) * actions))
      q[z] = (1 - eta) * (q[z] as number) + eta * ((trajectory.reward[0] as number) + discount * v)
      const counts = visits[k] as Float64Array
      counts[z] = (counts[z] as number) + 1
    })
    if (t % syncPeriod !== 0 && t !== steps) continue
    for (let z = 0; z < entries; z++) {
      const logWeights = visits.map((counts) =>
        contract.averaging === 'equal' ? 0 : -(counts[z] as number) * Math.log(1 - eta),
      )
      const largest = Math.max(...logWeights)
      const weights = logWeights.map((weight) => Math.exp(weight - largest))
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const mean = tables.reduce((sum, q, k) => sum + ((weights[k] as number) / total) * (q[z] as number), 0)
      for (const q of tables) q[z] = mean
    }
    visits = tables.map(() => new Float64Array(entries))
  }
  return tables[0] as Float64Array
}
