/** The shape of the section `agents` of policy gradients: who learns, with which rewards, dynamics and parameters. */
import { z } from 'zod'
import { byKey, expected, integer, isRecord, mapping, oneOf, path, real } from '../expect.ts'
import { MOST_AGENTS } from '../schema/agents.ts'
import { MOST_CLUSTERS } from './schema-algorithm.ts'

const heterogeneity = (description: string) => real({ from: 0, to: 1 }, description)
const yesNo = (description: string) => z.boolean({ error: expected('true or false') }).describe(description)

const cellError = expected('a cell [row, column], counted from 0')
const coordinate = integer(0, 100_000_000, 'A row or a column, counted from 0.')
const cell = z.tuple([coordinate, coordinate], { error: cellError }).describe('A cell [row, column].')

const rewardsFile = path('JSON file: [agent][state][action].')
const drawnRewards = {
  heterogeneity: mapping(
    {
      heterogeneity: heterogeneity('Weight of the own table, 0 for equal agents.'),
      pairs: yesNo(
        'Agents 2j and 2j + 1 lie at opposite sides of the common table, so that the average is the same for every even count; default false.',
      ).default(false),
    },
    'A common random table and a random one of each agent, mixed.',
  ),
  dirichlet: mapping(
    {
      dirichlet: real(
        { from: 1e-100, to: 1e100 },
        'Concentration; small values let an agent care for few pairs.',
      ),
    },
    "Each agent's entries are S A times a point of the symmetric Dirichlet distribution.",
  ),
  clusters: mapping(
    {
      clusters: integer(1, MOST_CLUSTERS, 'Clusters k; agent i is of cluster i mod k.'),
      spread: heterogeneity('Weight of the own table beside that of the cluster.'),
    },
    'Agents of one cluster have rewards around one random table.',
  ),
  goals: mapping(
    {
      goals: z
        .array(cell, { error: expected('a list of cells [row, column]') })
        .min(1, { error: expected('at least one cell [row, column]') })
        .describe('Cells [row, column] of a grid world; agent k is rewarded for entering goals[k mod n].'),
    },
    'A goal of a grid world for each agent.',
  ),
}
const rewards = oneOf(
  [rewardsFile, ...Object.values(drawnRewards)],
  "Rewards of each agent of a finite problem. Without it, all have the environment's.",
  (input) => {
    if (isRecord(input)) return byKey(drawnRewards)(input)
    if (typeof input === 'string') return rewardsFile
    return {
      path: [],
      message: expected(`a path or a mapping with one of the keys ${Object.keys(drawnRewards).join(', ')}`)({
        input,
      }),
    }
  },
)

const ownDynamics = {
  heterogeneity: mapping(
    { heterogeneity: heterogeneity('Weight of the own probabilities, 0 for equal agents.') },
    'Random probabilities of each agent over the same successors, mixed with those of the environment.',
  ),
  mdps: mapping(
    {
      mdps: z
        .array(path('An Mdp file.'), { error: expected('a list with an Mdp file for each agent') })
        .min(1, { error: expected('a list with an Mdp file for each agent') })
        .describe('An Mdp file for each agent, of the states and actions of the environment.'),
    },
    'Dynamics from files.',
  ),
}
const dynamics = oneOf(
  Object.values(ownDynamics),
  "Dynamics of each agent of a finite problem. Without it, all have the environment's.",
  (input) =>
    isRecord(input)
      ? byKey(ownDynamics)(input)
      : {
          path: [],
          message: expected(`a mapping with one of the keys ${Object.keys(ownDynamics).join(', ')}`)({
            input,
          }),
        },
)

const number = real({}, 'A value.')
const values = z
  .array(number, { error: expected('a list of numbers') })
  .min(1, { error: expected('at least one number') })
  .describe('Values; agent k takes values[k mod n].')
const spread = mapping(
  { from: real({}, 'Value of the first agent.'), to: real({}, 'Value of the last agent.') },
  'Evenly spread over the agents.',
)
const parameter = oneOf([values, spread], 'Values of one parameter.', (input) => {
  if (isRecord(input)) return spread
  if (Array.isArray(input)) return values
  return { path: [], message: expected('a list of numbers or a mapping with from and to')({ input }) }
})

/** The section `agents`. */
export const pgAgents = mapping(
  {
    count: integer(1, MOST_AGENTS, 'Number of agents N, default 1.').default(1),
    rewards: rewards.exactOptional(),
    dynamics: dynamics.exactOptional(),
    costs: yesNo('Rewards of a finite problem are costs, to be minimised, default false.').default(false),
    parameters: z
      .record(z.string(), parameter, { error: expected('a mapping from names to values') })
      .describe('Parameters of an environment beyond tables that differ between agents, by name.')
      .exactOptional(),
  },
  'Agents of policy gradients.',
  {
    behavior: 'belongs to Q-learning: agents of policy gradients act by the policy that is learned',
    experience:
      'belongs to Q-learning: agents of policy gradients bring environments of their own where environment is a module, or only spaces',
    logs: 'belongs to Q-learning: what another policy would have done cannot be read from a log',
  },
)
