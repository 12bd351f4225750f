/** The shape of the section `environment`: a family, a file, or the sizes of a problem without a model. */
import { z } from 'zod'
import { GRID_CELLS, LAKE_CELLS, mapIssues } from '../../mdp/families.ts'
import { LARGEST_REWARD } from '../../mdp/validate.ts'
import { ENVIRONMENTS, PG_ALGORITHMS } from '../policy-gradient/spec.ts'
import {
  byKey,
  byWord,
  expected,
  integer,
  isRecord,
  mapping,
  type Misfit,
  oneOf,
  path,
  real,
  word,
} from '../expect.ts'

/** gamma. */
export const discount = real(
  { from: 0, below: 1 },
  'Discount factor gamma, in [0, 1). Always given: the truth depends on it.',
)
const REWARDS = { from: -LARGEST_REWARD, to: LARGEST_REWARD }
const stateCount = integer(1, 100_000_000, 'Number of states S.')
const actionCount = integer(1, 100_000_000, 'Number of actions A.')
const familySeed = integer(
  0,
  Number.MAX_SAFE_INTEGER,
  'Seed of the random problem. Without it, the problem is drawn anew for every run seed.',
).exactOptional()

/** A list of rows, or a block of text with one row a line. */
const gridRows = (allowed: string, start: string, description: string): z.ZodType<string[]> => {
  const rows = z
    .array(z.string({ error: expected('a row of cells as text') }), { error: expected('the rows of a map') })
    .superRefine((lines, context) => {
      for (const { path: where, message } of mapIssues(lines, allowed, start))
        context.addIssue({ code: 'custom', path: [...where], message })
    })
  const block = z
    .string()
    .transform((text) => text.trim().split(/\s*\n\s*/))
    .pipe(rows)
    .describe('A block of text, one row a line.')
  return oneOf([rows, block], description, (input) => (typeof input === 'string' ? block : rows))
}

const pair = (
  range: { from?: number; to?: number },
  what: string,
  description: string,
): z.ZodType<[number, number]> => {
  const error = expected(what)
  const end = real(range, 'One end.')
  return z
    .tuple([end, end], { error })
    .refine(([low, high]) => low <= high, { error: () => `expected ${what}, got the larger number first` })
    .describe(description)
}

const family = <N extends string, T extends z.ZodRawShape>(name: N, description: string, shape: T) =>
  mapping({ family: word([name], description), discount, ...shape }, description)

const lakeName = word(['4x4', '8x8'], 'A map of Gymnasium.')
const lakeRows = gridRows(LAKE_CELLS, 'S', 'A map of S start, F frozen, H hole and G goal.')
const lakeMap = oneOf([lakeName, lakeRows], 'The map, default 4x4.', (input) =>
  typeof input === 'string' && !input.includes('\n') ? lakeName : lakeRows,
)

/** Finite problems by the name of their family. */
export const families = {
  'two-state': family(
    'two-state',
    'Two states; action a stays in state 0 or 1 with probabilities drawn uniformly from `range`.',
    {
      actions: actionCount,
      range: pair(
        { from: 0, to: 1 },
        'a list [low, high] of two probabilities',
        'Range of the probabilities, default [0.4, 0.6].',
      ).default([0.4, 0.6]),
      seed: familySeed,
    },
  ),
  garnet: family('garnet', 'Random problem: every pair leads to `branching` random states.', {
    states: stateCount,
    actions: actionCount,
    branching: integer(1, 100_000_000, 'Next states of a pair, at most `states`.'),
    seed: familySeed,
  }),
  'grid-world': family('grid-world', 'A grid from a text map: S start, G goal, H hole, # wall, . free.', {
    map: gridRows(GRID_CELLS, 'S.', 'The map: a list of rows, or a block of text.'),
    slip: real(
      { from: 0, to: 1 },
      'Probability of moving at a right angle to the action, default 0.',
    ).default(0),
    stepReward: real(REWARDS, 'Reward of a step that ends on a free cell, default 0.').default(0),
    goalReward: real(REWARDS, 'Reward of reaching the goal, default 1.').default(1),
    holeReward: real(REWARDS, 'Reward of falling into a hole, default 0.').default(0),
  }),
  'frozen-lake': family('frozen-lake', 'FrozenLake with the states, transitions and rewards of Gymnasium.', {
    map: lakeMap.default('4x4'),
    slippery: z
      .boolean({ error: expected('true or false') })
      .describe('Move at a right angle two times out of three, default true.')
      .default(true),
  }),
  'cliff-walking': family(
    'cliff-walking',
    'CliffWalking with the states, transitions and rewards of Gymnasium.',
    {
      slippery: z
        .boolean({ error: expected('true or false') })
        .describe('Move at a right angle two times out of three, default false.')
        .default(false),
    },
  ),
  taxi: family('taxi', 'Taxi with the states, transitions and rewards of Gymnasium.', {}),
  'river-swim': family('river-swim', 'RiverSwim: a chain against the current.', {
    states: integer(2, 100_000_000, 'Length of the river, default 6.').default(6),
  }),
  chain: family('chain', 'The chain: small reward at once, large reward at the far end.', {
    states: integer(2, 100_000_000, 'Length of the chain, default 5.').default(5),
    slip: real({ from: 0, to: 1 }, 'Probability of the other action, default 0.2.').default(0.2),
  }),
}

/** A finite problem from a file. */
export const mdpFile = mapping(
  {
    mdp: path('Path of an *.mdp.json, or of a NumPy *.npz with the arrays P and R.'),
    layout: word(['SAS', 'ASS'], 'Axes of P in an .npz file: [S, A, S] or [A, S, S].').exactOptional(),
    discount: real(
      { from: 0, below: 1 },
      'Discount factor for an .npz file; an .mdp.json states its own.',
    ).exactOptional(),
  },
  'A problem from a file.',
)

const sizes = mapping(
  {
    states: stateCount,
    actions: actionCount,
    discount,
    rewardRange: pair(REWARDS, 'a list [low, high] of two numbers', 'Smallest and largest reward of a step.'),
  },
  'Only the sizes of a problem whose model is unknown: the agents learn from logs or from experience of their own, and there is no truth to compare with.',
)

const TABLE_NEEDED = `has no table of states, which Q-learning needs: expected one of the families ${Object.keys(families).join(', ')}, an mdp, or states; or policy gradients (${PG_ALGORITHMS.join(', ')}) as algorithm`

const chooseEnvironment = (input: unknown): z.ZodType | Misfit => {
  if (!isRecord(input))
    return { path: [], message: expected('a mapping with one of the keys family, mdp, states')({ input }) }
  if (input['module'] !== undefined && input['family'] === undefined)
    return { path: ['module'], message: `a module ${TABLE_NEEDED}` }
  if (ENVIRONMENTS.some((name) => name === input['family']))
    return { path: ['family'], message: `${String(input['family'])} ${TABLE_NEEDED}` }
  if (input['family'] !== undefined) return byWord('family', families)(input)
  return byKey({ mdp: mdpFile, states: sizes })(input, ['family', 'mdp', 'states'])
}

/** Every form of the section. */
export const ENVIRONMENT_FORMS = [...Object.values(families), mdpFile, sizes] as const

/** The section `environment`. */
export const environment = oneOf(
  ENVIRONMENT_FORMS,
  'The problem that the agents act in.',
  chooseEnvironment,
)
