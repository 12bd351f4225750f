/** The mean of the agents' policy gradients is the gradient of the average Mdp where dynamics are shared, and only there. */
import {
  allPositive,
  briefIf,
  chartPoint,
  exact,
  excess,
  intervalOf,
  number,
  partOf,
  rises,
  samplesOfVariant,
  samplesWhere,
  tableRow,
  variantsWhere,
} from '../../src/experiment/claim.ts'
import type {
  Chart,
  Claim,
  Judged,
  Measured,
  Samples,
  TableRow,
  Verdict,
} from '../../src/experiment/claim.ts'

const DISTANCE = 'averageGradientDistance'
/** Where dynamics are shared, a larger distance is no rounding. */
const ROUNDING = 1e-12
/** Two ways to the same J may differ by this part of it: rounding that twenty rounds have carried on. */
const SAME_PATH = 1e-9
/** Where dynamics differ, a smaller distance would be none. */
const APART = 1e-6
/** Heterogeneity of the dynamics; at 0 they are shared. */
const HETEROGENEITY = [0, 0.1, 0.3, 1]
const DIFFERING = HETEROGENEITY.slice(1)
const REWARDS = [
  { name: 'the same rewards for all', heterogeneity: 0 },
  { name: 'own rewards', heterogeneity: 1 },
] as const
type Rewards = (typeof REWARDS)[number]

/** See `README.md`. */
export const claim: Claim = {
  id: 'zhu-average-mdp',
  title: "The mean of the agents' policy gradients is that of the average Mdp, unless their dynamics differ",
  source: 'Zhu, Heath, Mitra, IEEE CDC 2024, arXiv 2409.05291: average Mdp',
  parts: [
    { name: 'shared', file: 'shared.yaml', quickSeeds: 5, averageGradient: true },
    { name: 'own', file: 'own.yaml', quickSeeds: 12, averageGradient: true },
  ],
  notes: [
    'The paper has no experiments: the design is ours. Problems and parameters theta (entries standard normal) are drawn anew for every seed; gradients are exact.',
    'Distance: |(1/N) sum grad J_i - grad J| / |grad J|. Where dynamics differ, J is that of the Mdp with the mean of the transition probabilities and of the expected rewards.',
  ],
  judge,
}

function judge(measured: ReadonlyMap<string, Measured>): Judged {
  const [shared, own] = [partOf(measured, 'shared'), partOf(measured, 'own')]
  return {
    table: tableOf(shared, own),
    verdicts: [equal(shared, own), samePath(shared), apart(own), grows(own)],
    figures: [{ name: 'distance', chart: chartOf(own) }],
  }
}

const distanceOf = (own: Measured, rewards: Rewards, dynamics: number, metric = DISTANCE): Samples =>
  samplesWhere(
    own,
    { 'agents.rewards.heterogeneity': rewards.heterogeneity, 'agents.dynamics.heterogeneity': dynamics },
    metric,
  )[0] as Samples

/** A number that broke its bound, where it was measured. */
const faultsOf = (place: string, { seeds, values }: Samples, kept: (value: number) => boolean): string[] =>
  values.flatMap((value, i) => (kept(value) ? [] : [`${place}, seed ${seeds[i]}: ${number(value)}`]))

const largestOf = (samples: readonly Samples[]): number =>
  Math.max(...samples.flatMap(({ values }) => values))

/** The samples of every problem whose dynamics are shared, with the name of its variant. */
function sharedDistances(shared: Measured, own: Measured): { place: string; samples: Samples }[] {
  return [
    ...shared.variants.map((variant) => ({
      place: variant.name,
      samples: samplesOfVariant(shared, variant, DISTANCE)[0] as Samples,
    })),
    ...REWARDS.map((rewards) => ({
      place: `own, ${rewards.name}, h = 0`,
      samples: distanceOf(own, rewards, 0),
    })),
  ]
}

function equal(shared: Measured, own: Measured): Verdict {
  const all = sharedDistances(shared, own)
  const count = all.reduce((sum, { samples }) => sum + samples.values.length, 0)
  return exact(
    `shared dynamics: the mean of the gradients is the gradient of the average Mdp, to ${ROUNDING}`,
    all.flatMap(({ place, samples }) => faultsOf(place, samples, (value) => value <= ROUNDING)),
    `${count} problems and parameters, the largest distance ${number(largestOf(all.map(({ samples }) => samples)))}.`,
  )
}

/** FedPG with one local step, and one learner on the average Mdp: the same J after every round. */
function samePath(shared: Measured): Verdict {
  const compared = variantsWhere(shared, { 'algorithm.name': 'fedpg' }).map((variant) => {
    const { environment, agents, algorithm } = variant.settings
    const where = { environment, agents, 'algorithm.entropy': 'entropy' in algorithm ? algorithm.entropy : 0 }
    const central = samplesWhere(shared, { ...where, 'algorithm.name': 'central' }, 'J')
    const distances = samplesOfVariant(shared, variant, 'J').flatMap((samples, i) => {
      const others = central[i] as Samples
      const values = samples.values.map(
        (value, k) => Math.abs(value - (others.values[k] as number)) / Math.abs(value),
      )
      return [{ ...samples, values }]
    })
    return { place: variant.name, distances }
  })
  const all = compared.flatMap(({ distances }) => distances)
  return exact(
    `shared dynamics: FedPG with H = 1 and one learner on the average Mdp have the same J, to ${SAME_PATH} of it`,
    compared.flatMap(({ place, distances }) =>
      distances.flatMap((samples) =>
        faultsOf(`${place}, round ${samples.round}`, samples, (value) => value <= SAME_PATH),
      ),
    ),
    `${all.reduce((sum, { values }) => sum + values.length, 0)} values of J, the largest relative difference ${number(largestOf(all))}.`,
  )
}

function apart(own: Measured): Verdict {
  const all = REWARDS.flatMap((rewards) =>
    DIFFERING.map((h) => ({ place: `${rewards.name}, h = ${h}`, samples: distanceOf(own, rewards, h) })),
  )
  const values = all.flatMap(({ samples }) => samples.values)
  return exact(
    `own dynamics: it is not, by more than ${APART} in every problem`,
    all.flatMap(({ place, samples }) => faultsOf(place, samples, (value) => value > APART)),
    `${values.length} problems and parameters, the smallest distance ${number(Math.min(...values))}.`,
  )
}

const grows = (own: Measured): Verdict =>
  allPositive(
    'own dynamics: the distance grows with their heterogeneity',
    REWARDS.flatMap((rewards) =>
      rises(HETEROGENEITY, (later, earlier) =>
        excess(
          `${rewards.name}, h = ${earlier} to ${later}`,
          distanceOf(own, rewards, later),
          distanceOf(own, rewards, earlier),
        ),
      ),
    ),
  )

function tableOf(shared: Measured, own: Measured): TableRow[] {
  const [first] = REWARDS
  return [
    ...sharedDistances(shared, own).map(({ place, samples }) => tableRow(`distance, ${place}`, samples)),
    ...HETEROGENEITY.map((h) =>
      tableRow(`total variation of the dynamics, h = ${h}`, distanceOf(own, first, h, 'dynamicsDistance')),
    ),
    ...REWARDS.flatMap((rewards) =>
      DIFFERING.map((h) =>
        briefIf(true, tableRow(`distance, ${rewards.name}, h = ${h}`, distanceOf(own, rewards, h))),
      ),
    ),
  ]
}

function chartOf(own: Measured): Chart {
  return {
    title: "Distance of the agents' mean gradient from that of the average problem",
    xLabel: 'h, heterogeneity of the dynamics',
    yLabel: '|mean of gradients - gradient| / |gradient|',
    xScale: 'log',
    yScale: 'log',
    interval: 'bar',
    series: REWARDS.map((rewards) => ({
      name: rewards.name,
      points: DIFFERING.map((h) => chartPoint(h, intervalOf(distanceOf(own, rewards, h)))),
    })),
  }
}
