/** How much memory a run takes, told before it begins: from the sizes in the file, by the layout of the kernel. */
import { totalmem } from 'node:os'
import { InputError } from './errors.ts'
import { agentsOf, isPolicyGradient } from './experiment.ts'
import type { BehaviorSpec, Experiment, QSettings, Settings } from './experiment.ts'
import { pgMemoryOf } from './policy-gradient/memory.ts'
import { sizesOf } from './sizes.ts'

/** Bytes of Node itself and of everything small. */
const BASE = 60e6

/** Outcomes of the problem, times its distinct behaviours: the work of questions about every behaviour; null before an Mdp file is read. */
export function outcomesOf({ environment, agents }: QSettings): number | null {
  const sizes = sizesOf(environment)
  if (sizes === null || 'logs' in agents) return sizes === null ? null : sizes.outcomes * sizes.pairs
  return sizes.outcomes * sizes.pairs * policiesOf(agents.behavior, agents.count, sizes.actions)
}

/** Distinct behaviour policies of K agents. */
function policiesOf(behavior: BehaviorSpec, agents: number, actions: number): number {
  if (behavior === 'uniform') return 1
  if (behavior === 'one-action' || 'mixture' in behavior) return Math.min(agents, actions)
  return 'epsilonGreedy' in behavior ? 1 : agents
}

/** 2^ceil(log2 n), at least 2: columns of an alias row. */
const columnsOf = (n: number): number => (n <= 2 ? 2 : 2 * columnsOf(Math.ceil(n / 2)))

/**
 * Bytes that one thread takes for one trial, about: the problem (20 bytes an outcome), alias tables (8 while they are built, up to 32
 * in the kernel), behaviours, tables and records (160 a pair), streams and addresses (72 an agent), tables of independent learners. Of policy gradients, see
 * `pgMemoryOf`.
 * @returns null where the sizes are not known before a file is read
 */
export function memoryOf(settings: Settings): number | null {
  if (isPolicyGradient(settings)) return BASE + pgMemoryOf(settings)
  const { environment, agents, algorithm } = settings
  const sizes = sizesOf(environment)
  if (sizes === null) return null
  const { pairs, states, actions, outcomes } = sizes
  const count = agentsOf({ agents })
  const distinct = 'logs' in agents ? 0 : policiesOf(agents.behavior, count, actions)
  const model = outcomes * pairs * 20 + (outcomes === 0 ? 0 : columnsOf(outcomes) * pairs * 40)
  const behaviors = distinct * states * (8 * actions + 16 * columnsOf(actions))
  const alone = algorithm.name === 'q-learning' ? 8 * pairs * count : 0
  return BASE + model + behaviors + 160 * pairs + 72 * count + alone
}

/**
 * Bytes that the largest trials of an experiment take, all threads together.
 * @throws InputError when the machine does not have them
 */
export function checkMemory({ variants }: Experiment, threads: number, available = totalmem()): number {
  let most = 0
  for (const { name, settings } of variants) {
    const bytes = memoryOf(settings) ?? 0
    most = Math.max(most, bytes)
    if (bytes <= available / threads) continue
    const fits = Math.floor(available / bytes)
    const advice = fits > 0 ? `; --threads ${fits} fits` : ''
    throw new InputError(
      `variant ${name}`,
      `expected to fit into ${gib(available)} GiB of memory, got about ${gib(bytes)} GiB on each of ${threads} threads${advice}`,
    )
  }
  return most * threads
}

const gib = (bytes: number): string => (bytes / 1073741824).toFixed(1)
