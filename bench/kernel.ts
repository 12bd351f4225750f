/**
 * CPU time of an agent-step, averaging included: the kernel beside the textbook loop, interleaved in one run.
 *
 *   npm run bench                 a table on stdout, medians with their spread
 *   npm run bench -- --quick      fewer repetitions
 */
import { startPlain } from '../src/kernel/plain.ts'
import type { PolicySet } from '../src/mdp/policy.ts'
import type { Mdp } from '../src/mdp/mdp.ts'
import { benchBehaviors, benchMdp } from './problems.ts'
import { textbookRun } from './textbook.ts'

const STEP_SIZE = 0.1
const SIZES = [
  [20, 5, 'dense'],
  [100, 10, 'dense'],
  [1000, 10, 'dense'],
  [10000, 20, 'sparse'],
] as const
const quick = process.argv.includes('--quick')
const REPETITIONS = quick ? 3 : 7
const BUDGET_NS = quick ? 5e7 : 2e8

interface Contestant {
  readonly name: string
  readonly round: () => void
  rounds: number
  readonly times: number[]
}

const cpuNs = (work: () => void): number => {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return 1000 * (user + system)
}

const repeat = (times: number, work: () => void): void => {
  for (let i = 0; i < times; i++) work()
}

/** How many rounds fill the budget, after the compiler has seen enough of them. */
const calibrate = (round: () => void): number => {
  let rounds = 1
  for (;;) {
    const ns = cpuNs(() => repeat(rounds, round))
    if (ns > BUDGET_NS / 2) return Math.max(1, Math.round((rounds * BUDGET_NS) / ns))
    rounds *= 2
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

function contestants(
  mdp: Mdp,
  behaviors: PolicySet,
  tau: number,
  averaging: 'equal' | 'importance',
): Contestant[] {
  const { states, actions, discount, terminal } = mdp
  const kernel = startPlain({
    states,
    actions,
    agents: behaviors.of.length,
    initial: 0,
    terminal,
    syncPeriod: tau,
    lanes: [{ discount, averaging }],
    members: [{ seed: 1, initialSeed: 1, rewardRange: [0, 1], experience: { kind: 'walk', mdp, behaviors } }],
  })
  const textbook = textbookRun(mdp, behaviors, averaging, STEP_SIZE)
  return [
    { name: 'plain', round: () => kernel.advance(1, tau, [STEP_SIZE]), rounds: 0, times: [] },
    { name: 'textbook', round: () => textbook.round(tau), rounds: 0, times: [] },
  ]
}

console.log('| S,A | K | tau | averaging | plain ns | textbook ns | textbook / plain (lowest to highest) |')
console.log('|---|---|---|---|---|---|---|')
for (const [states, actions, kind] of SIZES) {
  const mdp = benchMdp(states, actions, kind === 'dense')
  for (const agents of [1, 20]) {
    const behaviors = benchBehaviors(mdp, agents)
    for (const [tau, averaging] of [
      [10, 'equal'],
      [100, 'equal'],
      [100, 'importance'],
    ] as const) {
      const list = contestants(mdp, behaviors, tau, averaging)
      for (const one of list) one.rounds = calibrate(one.round)
      for (let i = 0; i < REPETITIONS; i++) {
        for (const one of list)
          one.times.push(cpuNs(() => repeat(one.rounds, one.round)) / (one.rounds * tau * agents))
      }
      const [plain, textbook] = list as [Contestant, Contestant]
      const ratios = plain.times.map((ns, i) => (textbook.times[i] ?? NaN) / ns).toSorted((a, b) => a - b)
      console.log(
        `| ${states},${actions} ${kind} | ${agents} | ${tau} | ${averaging} | ${median(plain.times).toFixed(1)} | ${median(textbook.times).toFixed(1)} | ` +
          `${median(ratios).toFixed(1)} (${ratios[0]?.toFixed(1)} to ${ratios.at(-1)?.toFixed(1)}) |`,
      )
    }
  }
}
