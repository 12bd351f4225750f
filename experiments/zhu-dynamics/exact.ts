/** Exact gradients: |grad J|^2 of Fast-FedPG vanishes, that of FedPG does not. */
import {
  allPositive,
  briefIf,
  chartPoint,
  intervalOf,
  samplesWhere,
  slopeOfMeans,
  tableRow,
} from '../../src/experiment/claim.ts'
import type { Chart, Measured, Quantity, Samples, TableRow, Verdict } from '../../src/experiment/claim.ts'
import { log } from '../../src/numeric/index.ts'

const METRIC = 'squaredGradientNorm'
/** h, heterogeneity of the dynamics */
const HETEROGENEITY = [0, 0.2, 0.5, 1]
const OBJECTIVES = [
  { name: 'plain', entropy: 0 },
  { name: 'entropy', entropy: 0.1 },
] as const
type Objective = (typeof OBJECTIVES)[number]
const ALGORITHMS = ['fedpg', 'fast-fedpg'] as const
type Algorithm = (typeof ALGORITHMS)[number]

/** Without entropy |grad J|^2 falls at least as fast as 1/t. */
const SLOPE = -1
/** With entropy it ends below this, ... */
const VANISHED = 1e-12
/** ... where rounding begins to be seen. */
const ROUNDING = 1e-24
/** A floor: at the end at least this part of that at half the rounds, and no less than this. */
const FLOOR_KEPT = 0.8
const FLOOR_LEAST = 1e-6
/** By how much Fast-FedPG ends below FedPG. */
const FACTOR = 100

const samplesOf = (part: Measured, objective: Objective, h: number, algorithm: Algorithm) =>
  samplesWhere(
    part,
    {
      'algorithm.entropy': objective.entropy,
      'agents.dynamics.heterogeneity': h,
      'algorithm.name': algorithm,
    },
    METRIC,
  )

const endOf = (samples: readonly Samples[]): Samples => samples.at(-1) as Samples
const halfOf = (samples: readonly Samples[]): Samples =>
  samples.find(({ round }) => 2 * round === endOf(samples).round) as Samples
const decades = (value: number): number => log(Math.max(value, ROUNDING)) / Math.LN10

/** The mean over problems of `values`, which a claim wants above 0. */
const meanOfProblems = (point: string, values: readonly number[]): Quantity => ({
  point,
  seeds: values.length,
  statistic: (indices) => indices.reduce((sum, i) => sum + (values[i] as number), 0) / indices.length,
})

const place = (objective: Objective, h: number): string => `${objective.name}, h = ${h}`

/** The verdicts: means over problems, with simultaneous intervals. */
export function exactVerdicts(part: Measured): Verdict[] {
  const [plain, entropy] = OBJECTIVES
  return [
    allPositive(
      `plain: |grad J|^2 of Fast-FedPG falls at least as fast as 1/t: slope below ${SLOPE} over the second half of the rounds`,
      HETEROGENEITY.map((h) => fallsFaster(place(plain, h), samplesOf(part, plain, h, 'fast-fedpg'))),
    ),
    allPositive(
      `entropy: |grad J|^2 of Fast-FedPG ends below ${VANISHED}`,
      HETEROGENEITY.map((h) => {
        const { values } = endOf(samplesOf(part, entropy, h, 'fast-fedpg'))
        return meanOfProblems(
          `h = ${h}, powers of ten`,
          values.map((value) => decades(VANISHED) - decades(value)),
        )
      }),
    ),
    ...OBJECTIVES.map((objective) => floorOf(part, objective)),
    allPositive(
      `|grad J|^2 of Fast-FedPG ends at least ${FACTOR} times below that of FedPG`,
      OBJECTIVES.flatMap((objective) =>
        HETEROGENEITY.map((h) => {
          const [other, fast] = ALGORITHMS.map(
            (algorithm) => endOf(samplesOf(part, objective, h, algorithm)).values,
          )
          return meanOfProblems(
            `${place(objective, h)}, powers of ten above ${FACTOR}`,
            (other as readonly number[]).map(
              (value, i) =>
                decades(value) - decades((fast as readonly number[])[i] as number) - decades(FACTOR),
            ),
          )
        }),
      ),
    ),
  ]
}

function fallsFaster(point: string, samples: readonly Samples[]): Quantity {
  const tail = samples.filter(({ round }) => 2 * round >= endOf(samples).round)
  const slope = slopeOfMeans(
    point,
    tail.map(({ round }) => round),
    tail,
  )
  return { ...slope, statistic: (indices) => SLOPE - slope.statistic(indices) }
}

function floorOf(part: Measured, objective: Objective): Verdict {
  return allPositive(
    `${objective.name}: |grad J|^2 of FedPG has a floor: at the end at least ${100 * FLOOR_KEPT} % of that at half the rounds, and ${FLOOR_LEAST} or more`,
    HETEROGENEITY.flatMap((h) => {
      const samples = samplesOf(part, objective, h, 'fedpg')
      const [end, half] = [endOf(samples).values, halfOf(samples).values]
      return [
        meanOfProblems(
          `h = ${h}, part kept`,
          end.map((value, i) => value / (half[i] as number) - FLOOR_KEPT),
        ),
        meanOfProblems(
          `h = ${h}, powers of ten`,
          end.map((value) => decades(value) - decades(FLOOR_LEAST)),
        ),
      ]
    }),
  )
}

/** |grad J|^2 at the end. */
export const exactRows = (part: Measured): TableRow[] =>
  OBJECTIVES.flatMap((objective) =>
    HETEROGENEITY.flatMap((h) =>
      ALGORITHMS.map((algorithm) =>
        briefIf(
          h === HETEROGENEITY.at(-1),
          tableRow(
            `exact, ${place(objective, h)}, ${algorithm}: |grad J|^2 at the end`,
            endOf(samplesOf(part, objective, h, algorithm)),
          ),
        ),
      ),
    ),
  )

/** |grad J|^2 against the round, a panel for each h. */
export const exactCharts = (part: Measured): { name: string; chart: Chart }[] =>
  OBJECTIVES.map((objective) => ({
    name: `exact-${objective.name}`,
    chart: {
      title: `Exact gradients, ${objective.name}: mean over problems with 95 % intervals`,
      xLabel: 't, rounds',
      yLabel: '|grad J|^2',
      xScale: objective.entropy > 0 ? 'linear' : 'log',
      yScale: 'log',
      series: HETEROGENEITY.flatMap((h) =>
        ALGORITHMS.map((algorithm) => ({
          name: algorithm,
          panel: `h = ${h}`,
          points: samplesOf(part, objective, h, algorithm)
            .map((samples) => chartPoint(samples.round, intervalOf(samples)))
            .filter(({ low }) => low !== undefined && low > ROUNDING),
        })),
      ),
    },
  }))
