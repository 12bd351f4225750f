/** Step sizes of Q-learning: constant, or a schedule in the number of steps done. */
import { pow } from './elementary.ts'

/** eta: a number in (0, 1), 1 / (1 + (1 - gamma)(n + 1)), or (n + 2)^-omega, n being the steps done before. */
export type StepSize = number | { readonly rescaledLinear: true } | { readonly polynomial: number }

/**
 * eta after n steps of an agent; in (0, 1).
 * @param discount gamma, enters the rescaled linear schedule
 */
export function stepSizeAt(schedule: StepSize, n: number, discount: number): number {
  if (typeof schedule === 'number') return schedule
  if ('rescaledLinear' in schedule) return 1 / (1 + (1 - discount) * (n + 1))
  return pow(n + 2, -schedule.polynomial)
}
