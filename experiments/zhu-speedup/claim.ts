/** Theorems 1 and 2 with sampled gradients: what N agents gain, at the step sizes of the theorems. */
import { allPositive, excess, inside, intervalAt, rises } from '../../src/experiment/claim.ts'
import type { Claim, Judged, Measured, Quantity, Verdict } from '../../src/experiment/claim.ts'
import { COUNTS, curvesOf, SHARE, slopeOf, type Curve } from './curves.ts'
import { chartsOf, tableOf } from './shown.ts'

/** The slopes that the theorems predict, and how far from them still counts. */
export const THEOREM_1 = { slope: -1, tolerance: 0.15 } as const
export const THEOREM_2 = { slope: -0.5, tolerance: 0.1 } as const

/** See `README.md`. */
export const claim: Claim = {
  id: 'zhu-speedup',
  title: 'N agents bring the gap down as 1/N, and the mean squared gradient norm as 1/sqrt(N)',
  source: 'Zhu, Heath, Mitra, IEEE CDC 2024, arXiv 2409.05291, Theorems 1 and 2',
  parts: COUNTS.map((count) => ({
    name: `agents-${count}`,
    file: `agents-${count}.yaml`,
    quickSeeds: 8,
  })),
  notes: [
    'The paper has no experiments, and no step sizes are published: design and constants are ours, chosen on problems of other seeds. Every seed has a problem of its own; rewards lie in pairs around one table, so that the average problem is the same for every N.',
    'Theorem 1 needs gradient domination, hence an entropy bonus of temperature 0.4, which belongs to J and J*. alpha = 2 log(N H T) / (mu T) with mu = 0.013: in nine of ten problems the least curvature at the optimum is no smaller.',
    `For this alpha the bound of Theorem 1 is proportional to log(N H T) / N, so the slope is that of the gap divided by log(N H T). The gap is averaged over the last ${100 * SHARE} % of the rounds of a seed.`,
    'Theorem 2 speaks of alpha = c sqrt(N H / T), another for every N; c = 4. The mean is over the rounds 1 to T. At one alpha for all N, noise alone would fall as 1/N and what the start leaves would not fall.',
    'Without a bonus no 1/N is claimed for the gap: noise dies out as the policy becomes deterministic, and what is left of the start, about 1/(alpha T), does not depend on N but for alpha.',
    'The server step size is sqrt(N H), which keeps the noise in the drift of local iterates below that of their average.',
  ],
  judge,
}

function judge(measured: ReadonlyMap<string, Measured>): Judged {
  const { gap, norms, plainGap } = curvesOf(measured)
  return {
    table: tableOf([gap, ...norms, plainGap]),
    verdicts: [
      within('Theorem 1: the slope of log(gap / log(N H T)) against log N', gap, THEOREM_1),
      doublingHelps(gap),
      ...norms.map((curve) =>
        within(
          `Theorem 2, ${curve.name}: the slope of the log mean of |grad J|^2 against log N`,
          curve,
          THEOREM_2,
        ),
      ),
    ],
    figures: chartsOf(gap, norms),
  }
}

function within(
  what: string,
  curve: Curve,
  { slope, tolerance }: { slope: number; tolerance: number },
): Verdict {
  const fitted = slopeOf(curve)
  return inside(
    `${what} is ${slope} within ${tolerance}`,
    intervalAt(fitted),
    fitted.seeds,
    slope - tolerance,
    slope + tolerance,
  )
}

function doublingHelps({ points }: Curve): Verdict {
  const between = (many: Curve['points'][number], few: Curve['points'][number]): Quantity =>
    excess(`N = ${few.count} to ${many.count}`, few.samples, many.samples)
  return allPositive(
    'Theorem 1: every doubling of the number of agents lowers the gap',
    rises(points, between),
  )
}
