/** Theorem 2 where agents have dynamics of their own: Fast-FedPG finds a stationary point, FedPG does not. */
import { partOf } from '../../src/experiment/claim.ts'
import type { Claim, Judged, Measured } from '../../src/experiment/claim.ts'
import { exactCharts, exactRows, exactVerdicts } from './exact.ts'
import { sampledChart, sampledRows, sampledVerdict, SAMPLED_PARTS } from './sampled.ts'

/** See `README.md`. */
export const claim: Claim = {
  id: 'zhu-dynamics',
  title: 'With dynamics of their own agents still find a stationary point of the mean objective',
  source: 'Zhu, Heath, Mitra, IEEE CDC 2024, arXiv 2409.05291, Theorem 2',
  parts: [{ name: 'exact', file: 'exact.yaml', quickSeeds: 9 }, ...SAMPLED_PARTS],
  notes: [
    'The paper has no experiments: the design is ours. Problems are drawn anew for every seed: P_i = (1 - h) P + h Q_i, Q_i drawn over the same successors.',
    "J is the mean of the agents' J_i: with dynamics of their own no Mdp has it, J* is not known, and nothing is claimed of the gap.",
    'With sampled gradients the mean of |grad J|^2 is taken over the rounds 1 to T, each run with the step sizes of its own T, N and H: eta = 1 / (H sqrt(T)), alpha_g = sqrt(N H). Rewards lie in pairs around one table, so that their mean is the same for every N.',
  ],
  judge,
}

function judge(measured: ReadonlyMap<string, Measured>): Judged {
  const part = partOf(measured, 'exact')
  return {
    table: [...exactRows(part), ...sampledRows(measured)],
    verdicts: [...exactVerdicts(part), sampledVerdict(measured)],
    figures: [...exactCharts(part), { name: 'sampled', chart: sampledChart(measured) }],
  }
}
