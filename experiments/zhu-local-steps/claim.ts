/** More local steps between two averagings: the same error in fewer rounds, for Fast-FedPG and not for FedPG. */
import { partOf } from '../../src/experiment/claim.ts'
import type { Claim, Judged, Measured } from '../../src/experiment/claim.ts'
import { exactCharts, exactRows, exactVerdicts, SLACK, TARGET } from './exact.ts'
import { FACTOR, sampledChart, sampledRows, sampledVerdicts, SHARE } from './sampled.ts'

/** See `README.md`. */
export const claim: Claim = {
  id: 'zhu-local-steps',
  title: 'With more local steps Fast-FedPG comes as far in fewer rounds; FedPG does not come as far',
  source: 'Zhu, Heath, Mitra, IEEE CDC 2024, arXiv 2409.05291, Theorem 1',
  parts: [
    { name: 'exact', file: 'exact.yaml', quickSeeds: 8 },
    { name: 'sampled', file: 'sampled.yaml', quickSeeds: 8 },
  ],
  notes: [
    'The paper has no experiments: the design is ours. Problems are drawn anew for every seed; an entropy bonus of temperature 0.4 belongs to J and J*, for Theorem 1 needs gradient domination.',
    `Exact gradients: the rounds until the gap is at most ${TARGET}, at one eta for all H. Fewer rounds in proportion means H times the rounds is at most ${SLACK} times those of a single local step. Who does not get there counts with twice the rounds that were run.`,
    `Sampled gradients: N H T is the same for all H, and alpha = 2 log(N H T) / (mu T), so that the bound of Theorem 1 is the same too. The same error means at most ${FACTOR} times that of a single local step; it is averaged over the last ${100 * SHARE} % of the rounds of a seed.`,
    'A round of Fast-FedPG exchanges four vectors of the size of theta for each agent, one of FedPG two.',
    'With one rollout for a gradient, noise hides the bias of FedPG: its error stands in the table, and nothing is claimed of it.',
  ],
  judge,
}

function judge(measured: ReadonlyMap<string, Measured>): Judged {
  const exact = partOf(measured, 'exact')
  const sampled = partOf(measured, 'sampled')
  return {
    table: [...exactRows(exact), ...sampledRows(sampled)],
    verdicts: [...exactVerdicts(exact), ...sampledVerdicts(sampled)],
    figures: [...exactCharts(exact), { name: 'sampled', chart: sampledChart(sampled) }],
  }
}
