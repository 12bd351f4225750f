/** The shape of the section `algorithm` of policy gradients. */
import { z } from 'zod'
import {
  byKey,
  byWord,
  expected,
  integer,
  isRecord,
  isWord,
  mapping,
  oneOf,
  path,
  real,
  word,
} from '../expect.ts'
import { MOST_HORIZON, PG_ALGORITHMS } from './spec.ts'

/** Averagings; with {@link MOST_LOCAL_STEPS} the steps of an agent stay exact as an integer. */
const MOST_ROUNDS = 1e9
const MOST_LOCAL_STEPS = 1e6
const MOST_ROLLOUTS = 1e6
/** Features and units beyond this are a slip of the finger. */
const MOST_UNITS = 4096
/** Clusters found and planted are matched over all subsets of them. */
export const MOST_CLUSTERS = 16

const oneHot = word(['one-hot'], 'One feature for each state of a finite problem.')
const features = {
  tiles: mapping(
    {
      tiles: integer(1, MOST_UNITS, 'Tiles along each dimension.'),
      tilings: integer(1, MOST_UNITS, 'Shifted tilings, default 8.').default(8),
    },
    'Tile coding of vectors of numbers.',
  ),
  radialBasis: mapping(
    { radialBasis: integer(2, MOST_UNITS, 'Centres along each dimension.') },
    'Gaussian bumps around evenly spaced centres of vectors of numbers.',
  ),
  fourier: mapping(
    { fourier: integer(1, MOST_UNITS, 'Highest frequency along each dimension.') },
    'The Fourier basis of vectors of numbers.',
  ),
  matrix: mapping(
    { matrix: path('JSON or .npy file [S, F]: the features of each state of a finite problem.') },
    'Features from a file.',
  ),
}
const linear = oneOf([oneHot, ...Object.values(features)], 'What logits are linear in.', (input) => {
  if (isRecord(input)) return byKey(features)(input)
  if (typeof input === 'string') return oneHot
  return {
    path: [],
    message: expected(`one-hot or a mapping with one of the keys ${Object.keys(features).join(', ')}`)({
      input,
    }),
  }
})

const tabular = word(['softmax'], 'Tabular: a logit for each pair of state and action of a finite problem.')
const layers = z
  .array(integer(1, MOST_UNITS, 'Units of a layer.'), { error: expected('a list of units of each layer') })
  .max(16, { error: expected('at most 16 layers') })
  .describe('Units of each hidden layer, e.g. [64, 64]; [] for a map that is linear in the observation.')
const policies = {
  linear: mapping({ linear }, 'Softmax of logits that are linear in features.', {
    ownHead: 'does not belong to linear, whose features are fixed: heads of their own belong to mlp',
  }),
  mlp: mapping(
    {
      mlp: layers,
      activation: word(['tanh', 'identity'], 'Between the layers, default tanh.').default('tanh'),
      ownHead: z
        .boolean({ error: expected('true or false') })
        .describe('The last layer stays with the agent and is never sent, default false.')
        .default(false),
    },
    'A multilayer perceptron: softmax of its outputs, or a Gaussian around them where actions are continuous.',
  ),
}
const POLICIES = 'softmax (finite problems), a mapping with linear, or a mapping with mlp'
const policy = oneOf(
  [tabular, ...Object.values(policies)],
  'The policies theta -> pi that are searched.',
  (input) => {
    if (isRecord(input)) return byKey(policies)(input)
    if (typeof input === 'string' && !Object.hasOwn(policies, input)) return tabular
    return { path: [], message: expected(POLICIES)({ input }) }
  },
)

const fixedHorizon = integer(1, MOST_HORIZON, 'Steps K after which a rollout is cut.')
const autoHorizon = word(
  ['auto'],
  'Long enough for the bias of the cut to be small beside the gradient, from the discount; finite problems.',
)
const horizon = oneOf([fixedHorizon, autoHorizon], 'Length of a rollout.', (input) =>
  isWord(input) ? autoHorizon : fixedHorizon,
)
const exact = word(['exact'], 'By linear solves, from the model of a finite problem.')
const sampled = mapping(
  {
    rollouts: integer(1, MOST_ROLLOUTS, 'Rollouts of one estimate, the batch size.'),
    horizon,
    estimator: word(
      ['gpomdp', 'reinforce'],
      'Which rewards weigh a score: those from its step on, or all of its rollout; default gpomdp.',
    ).default('gpomdp'),
    baseline: word(
      ['none', 'value', 'leave-one-out'],
      'What is subtracted from returns: nothing, the mean of earlier returns from the state (policy softmax), or the mean of the other rollouts; default none.',
    ).default('none'),
  },
  'Estimated from rollouts.',
)
const gradient = oneOf([exact, sampled], 'How gradients come about.', (input) => {
  if (isRecord(input)) return sampled
  if (typeof input === 'string') return exact
  return {
    path: [],
    message: expected('exact (finite problems) or a mapping with rollouts and horizon')({ input }),
  }
})

const whyNotStepSize = (value: unknown): string | undefined =>
  value === 0 ? 'nothing would be learned' : undefined
const constantStepSize = real({ above: 0 }, 'Local step size eta.', whyNotStepSize)
const autoStepSize = word(['auto'], 'From the safe region of the theory, with an estimated smoothness.')
const stepSize = oneOf([constantStepSize, autoStepSize], 'Local step size eta.', (input) =>
  isWord(input) ? autoStepSize : constantStepSize,
)

const ownInitial = word(['policy'], "The policy's own: zeros, for mlp drawn.")
const constantInitial = real({ from: -1e8, to: 1e8 }, 'Every entry has this value.')
const normalInitial = mapping(
  { normal: real({ above: 0, to: 1e6 }, 'Standard deviation.') },
  'Entries drawn from a normal distribution around 0.',
)
const initial = oneOf(
  [ownInitial, constantInitial, normalInitial],
  'theta at the start, default policy.',
  (input) => {
    if (isWord(input)) return ownInitial
    if (typeof input === 'number' || typeof input === 'string') return constantInitial
    if (isRecord(input)) return normalInitial
    return { path: [], message: expected('policy, a number or a mapping with normal')({ input }) }
  },
)

const localSteps = integer(1, MOST_LOCAL_STEPS, 'Local steps between two averagings, H.')
const common = {
  policy,
  gradient,
  entropy: real({ from: 0 }, 'Temperature of the entropy bonus, in units of reward, default 0.').default(0),
  localSteps,
  stepSize,
  serverStepSize: real(
    { above: 0 },
    'Server step size alpha_g, which multiplies the average change, default 1.',
    whyNotStepSize,
  ).default(1),
  rounds: integer(1, MOST_ROUNDS, 'Averagings T.'),
  initial: initial.default('policy'),
  personalize: mapping(
    {
      steps: integer(1, MOST_LOCAL_STEPS, 'Local steps of each agent.'),
      stepSize: real({ above: 0 }, 'Their step size.', whyNotStepSize),
    },
    'Local steps of each agent from the common policy, after the last round; they are never sent.',
  ).exactOptional(),
}

/** Keys of one algorithm, and of Q-learning, that a person may expect in another. */
const REFUSED = {
  clusters: 'belongs to ifca',
  momentum: 'belongs to fedsvrpg-m',
  reuseMemorySampleAtStep0: 'belongs to fast-fedpg',
  syncPeriod: 'belongs to Q-learning: local steps between two averagings are localSteps here',
  steps: 'belongs to Q-learning: the length of a run is rounds here',
  averaging: 'belongs to Q-learning: policy gradients are averaged with equal weights',
  initialSeed: 'belongs to Q-learning: initial parameters are drawn from the run seed',
}

const PLAIN = ['local', 'central', 'fedpg', 'scaffold', 'softpavg', 'projpavg', 'qavg'] as const
const plain = mapping(
  {
    name: word(
      PLAIN,
      'No communication; one learner of the average problem; no correction; control variates; averages of logits, of policies, of Q.',
    ),
    ...common,
  },
  'Policy gradients without settings of their own.',
  REFUSED,
)
const fastFedPg = mapping(
  {
    name: word(['fast-fedpg'], 'Local steps that are corrected by a memory of the global gradient.'),
    ...common,
    reuseMemorySampleAtStep0: z
      .boolean({ error: expected('true or false') })
      .describe('The first local step moves along the memory itself and draws no sample, default true.')
      .default(true),
  },
  'Fast-FedPG: two exchanges a round, no bias from heterogeneous agents.',
  REFUSED,
)
const fedSvrpgM = mapping(
  {
    name: word(['fedsvrpg-m'], 'Variance reduction and momentum.'),
    ...common,
    momentum: real({ above: 0, to: 1 }, 'Weight beta of the plain gradient.'),
  },
  'FedSVRPG-M: local steps along a momentum with importance weights.',
  REFUSED,
)
const ifca = mapping(
  {
    name: word(['ifca'], 'One policy for each cluster.'),
    ...common,
    clusters: integer(1, MOST_CLUSTERS, 'Policies k.'),
  },
  'IFCA: each agent joins the policy that does best on its own data.',
  REFUSED,
)

/** Every form of the section. */
export const ALGORITHM_FORMS = [plain, fastFedPg, fedSvrpgM, ifca] as const

const OWN_FORM = { 'fast-fedpg': fastFedPg, 'fedsvrpg-m': fedSvrpgM, ifca }
const byName = Object.fromEntries(
  PG_ALGORITHMS.map((name) => [name, Object.hasOwn(OWN_FORM, name) ? OWN_FORM[name as 'ifca'] : plain]),
)

/** The section `algorithm`. */
export const pgAlgorithm = oneOf(ALGORITHM_FORMS, 'What is learned with, and its settings.', (input) =>
  isRecord(input)
    ? byWord('name', byName)(input)
    : { path: [], message: expected('a mapping with a name')({ input }) },
)
