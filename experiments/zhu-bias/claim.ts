/** Lemmas 1 and 2 with exact gradients: FedPG ends at a floor where agents differ, Fast-FedPG does not. */
import { number, partOf } from '../../src/experiment/claim.ts'
import type { Claim, Judged, Measured, Published } from '../../src/experiment/claim.ts'
import { chartsOf } from './charts.ts'
import { curvesOf, type Curve } from './curves.ts'
import { agreeWithTable, tableOf } from './replicated.ts'
import { randomChart, randomVerdicts, randomRows } from './random.ts'
import { falls, FIT, floorGrows, floors, linear, oneStepAgrees, sameGaps, type Range } from './verdicts.ts'

const RANGES: readonly Range[] = ['eta H <= 5', 'eta H = 25']

/** See `README.md`. */
export const claim: Claim = {
  id: 'zhu-bias',
  title: 'FedPG ends at a floor where agents differ; Fast-FedPG falls as 1/t, with entropy linearly',
  source: 'Zhu, Heath, Mitra, IEEE CDC 2024, arXiv 2409.05291, Theorem 1 without noise',
  parts: [
    { name: 'plain', file: 'plain.yaml', quickSeeds: 1 },
    { name: 'entropy', file: 'entropy.yaml', quickSeeds: 1 },
    { name: 'random', file: 'random.yaml', quickSeeds: 8 },
  ],
  notes: [
    'The paper has no experiments: the design is ours. Exact gradients, theta = 0 at the start, uniform start law, 5 states, 4 actions, 10 agents, discount 0.9.',
    'The plain and the entropy part are one problem without chance: their numbers have no interval, their claims are exact comparisons. The random part has its problem drawn anew for every seed.',
    `Falling as 1/t is a slope of log gap against log round within ${FIT.tolerance} of -1 over the second half of the rounds; linearly is a straight log gap against the round, R^2 >= ${FIT.explained}, from a gap of ${number(FIT.from)} down to ${number(FIT.to)}.`,
  ],
  judge,
}

function judge(measured: ReadonlyMap<string, Measured>, published: Published): Judged {
  const plain = curvesOf(partOf(measured, 'plain'))
  const entropy = curvesOf(partOf(measured, 'entropy'))
  const both: readonly Curve[] = [...plain, ...entropy]
  const random = partOf(measured, 'random')
  return {
    table: [...tableOf(both, published), ...randomRows(random)],
    verdicts: [
      agreeWithTable(both, published),
      floors('plain', plain),
      floors('entropy', entropy),
      floorGrows('plain', plain),
      floorGrows('entropy', entropy),
      ...RANGES.flatMap((range) => [
        falls('fast-fedpg', range, plain),
        falls('scaffold', range, plain),
        linear('fast-fedpg', range, entropy),
        linear('scaffold', range, entropy),
      ]),
      sameGaps(both),
      oneStepAgrees(both),
      ...randomVerdicts(random),
    ],
    figures: [...chartsOf(plain, entropy), { name: 'random', chart: randomChart(random) }],
  }
}
