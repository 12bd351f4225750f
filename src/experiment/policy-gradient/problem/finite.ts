/** Finite problems: an Mdp for each agent, gradients exact or sampled, and the truth by linear solves. */
import type { GradientOracle } from '../../../agent/gradient-oracle.ts'
import { exactOracle, exactPolicyOracle } from '../../../agent/gradient-oracle/exact.ts'
import { pooledOracle } from '../../../agent/gradient-oracle/pooled.ts'
import { rolloutOracle } from '../../../agent/gradient-oracle/rollouts.ts'
import { sampledOracle } from '../../../agent/gradient-oracle/sampled.ts'
import { mdpEnvironment } from '../../../agent/environment/mdp.ts'
import { agentMdps, type AgentProblems } from '../../../mdp/agent-mdps.ts'
import { averageMdp } from '../../../mdp/average.ts'
import type { Built, Mdp } from '../../../mdp/mdp.ts'
import type { Objective } from '../../../mdp/policy-gradient.ts'
import { parseRewardsJson } from '../../../mdp/rewards-json.ts'
import { pathIn } from '../../data-url.ts'
import { InputError } from '../../errors.ts'
import { readText } from '../../files.ts'
import { buildModel, EXPERIMENT_FILE } from '../../problem.ts'
import type { PgProblem } from '../problem.ts'
import { nameOf } from '../settings-kind.ts'
import type { FiniteSpec, PgSettings } from '../spec.ts'
import { finitePolicyIn } from './policy.ts'
import { rolloutOptions } from './rollout-options.ts'

/** Largest file of rewards, bytes. */
const MOST_BYTES = 500_000_000

/** Settings whose environment is finite. */
type FiniteSettings = PgSettings & { readonly environment: FiniteSpec }

/** The finite problem that `settings` describe; see `buildPgProblem`. */
export async function finiteProblem(
  settings: FiniteSettings,
  seed: number,
  folder: string,
): Promise<PgProblem> {
  const { environment, agents, algorithm } = settings
  const base = await modelOf(environment, seed, folder)
  const built = agentMdps(base, await agentProblems(settings, base, seed, folder), seed)
  if (!built.ok) throw new InputError(EXPERIMENT_FILE, underAgents(built.issues))
  const mdps = built.value
  const average = averageMdp(mdps)
  const spaces = {
    name: nameOf(environment),
    observationSpace: { kind: 'discrete', n: base.mdp.states },
    actionSpace: { kind: 'discrete', n: base.mdp.actions },
  } as const
  const policy = await finitePolicyIn(algorithm.policy, spaces, folder)
  const { entropy, gradient } = algorithm
  const exact = (mdp: Mdp): GradientOracle<unknown> =>
    algorithm.policy === 'softmax' ? exactOracle(mdp, entropy) : exactPolicyOracle(mdp, policy, entropy)
  const oracleOf = (mdp: Mdp, agent: number, times: number): GradientOracle<unknown> => {
    if (gradient === 'exact') return exact(mdp)
    const options = rolloutOptions(gradient, mdp.discount)
    const { baseline } = options
    const how = { ...options, rollouts: options.rollouts * times, entropy }
    if (algorithm.policy === 'softmax') return sampledOracle(mdp, how, seed, agent)
    if (baseline === 'value') throw new RangeError('baseline value: expected the policy softmax')
    const settings = { ...how, baseline, discount: mdp.discount }
    return rolloutOracle(mdpEnvironment(mdp), policy, settings, seed, agent)
  }
  return {
    agents: agents.count,
    discount: base.mdp.discount,
    policy,
    shape:
      typeof algorithm.policy === 'object' && 'mlp' in algorithm.policy
        ? [policy.size]
        : [policy.size / policy.actions, policy.actions],
    oracle: (agent) => oracleOf(mdps[agent] as Mdp, agent, 1),
    pooled: () =>
      average === null
        ? pooledOracle(mdps.map((mdp, agent) => oracleOf(mdp, agent, 1)))
        : oracleOf(average, 0, agents.count),
    truth: {
      mdps,
      average,
      own: mdps.map((mdp) => objectiveOf(exact(mdp))),
      common: average === null ? null : objectiveOf(exact(average)),
      ...(base.grid !== undefined && { grid: base.grid }),
    },
    planted: plantedOf(settings),
    episodeReturn() {
      throw new RangeError('episodeReturn: a finite problem has J, which is exact')
    },
  }
}

/** The model of the environment; where every agent has an Mdp of its own, its sizes are those of this one. */
async function modelOf(environment: FiniteSpec, seed: number, folder: string): Promise<Built> {
  const built = await buildModel(environment, seed, folder)
  if (built === null) throw new RangeError('finiteProblem: expected an environment with a model, got none')
  return built
}

async function agentProblems(
  { agents }: FiniteSettings,
  { mdp }: Built,
  seed: number,
  folder: string,
): Promise<AgentProblems> {
  const { count, costs, rewards, dynamics } = agents
  return {
    count,
    costs,
    ...(rewards !== undefined && {
      rewards: typeof rewards === 'string' ? await readRewards(pathIn(folder, rewards), count, mdp) : rewards,
    }),
    ...(dynamics !== undefined && {
      dynamics: 'mdps' in dynamics ? await readMdps(dynamics.mdps, seed, folder) : dynamics,
    }),
  }
}

async function readRewards(
  path: string,
  agents: number,
  { states, actions }: Mdp,
): Promise<readonly Float64Array[]> {
  const read = parseRewardsJson(await readText(path, path, MOST_BYTES), { agents, states, actions })
  if (!read.ok) throw new InputError(path, read.issues)
  return read.value
}

async function readMdps(paths: readonly string[], seed: number, folder: string): Promise<readonly Mdp[]> {
  const mdps: Mdp[] = []
  for (const path of paths) mdps.push((await modelOf({ mdp: path }, seed, folder)).mdp)
  return mdps
}

const underAgents = (issues: InputError['issues']): InputError['issues'] =>
  issues.map((issue) => ({ ...issue, path: ['agents', ...issue.path] }))

const objectiveOf = (oracle: GradientOracle<unknown>): Objective => ({
  size: oracle.size,
  value: (theta) => oracle.value(theta, null).value,
  gradient: (theta) => oracle.gradient(theta, null).gradient,
})

function plantedOf({ agents: { count, rewards } }: FiniteSettings): Uint32Array | null {
  if (typeof rewards !== 'object' || !('clusters' in rewards)) return null
  return Uint32Array.from({ length: count }, (_, agent) => agent % rewards.clusters)
}
