/** What an experiment says beside what a theorem asks for, in sentences. Advice: nothing here refuses a setting. */
import { asyncLimit, syncLimit, type Demand, type TheoryInput } from '../theory.ts'

/** The settings that theorems speak of. */
export interface ChosenSettings {
  /** eta; null where it is a schedule, which the theorems do not cover */
  readonly stepSize: number | null
  /** tau */
  readonly syncPeriod: number
  /** T, iterations of every agent */
  readonly steps: number
}

/** A setting that is exactly at its limit is within it, whatever the last digit. */
const ROUNDING = 1e-12

const shown = (x: number): string =>
  x >= 1e6 || x < 1e-3 ? x.toExponential(2) : String(Number(x.toPrecision(4)))

/** Largest eta at which `theorem` admits this tau, by (14a), (26a), (28a); Infinity for tau = 1 of Theorem 1. */
function largestStepSize(theorem: 1 | 2 | 3, { agents, discount }: TheoryInput, syncPeriod: number): number {
  if (theorem !== 1) return asyncLimit(agents, discount, 1) / syncPeriod
  return syncPeriod === 1 ? Infinity : (syncLimit(agents, discount, 1) - 1) / (syncPeriod - 1)
}

function aboutPeriod(demand: Demand, input: TheoryInput, stepSize: number, syncPeriod: number): string {
  const limitAt = demand.theorem === 1 ? syncLimit : asyncLimit
  const limit = limitAt(input.agents, input.discount, stepSize)
  const name = `Theorem ${demand.theorem}`
  if (syncPeriod <= limit * (1 + ROUNDING))
    return `${name}: tau = ${syncPeriod} is within its limit ${shown(limit)} at eta = ${shown(stepSize)}.`
  const remedy = `eta up to ${shown(largestStepSize(demand.theorem, input, syncPeriod))} would admit this tau`
  return `${name}: at eta = ${shown(stepSize)} tau may be at most ${shown(limit)}, the file has ${syncPeriod}; ${remedy}.`
}

function aboutStepSize(demand: Demand, stepSize: number): string[] {
  if (demand.stepSize === null) return []
  const asked = `eta = ${shown(demand.stepSize)} for this epsilon`
  const verdict =
    stepSize > demand.stepSize
      ? 'is larger: it may stop at a higher error'
      : 'is no larger: it may need more steps'
  return [`Theorem ${demand.theorem} asks for ${asked}; the file's ${shown(stepSize)} ${verdict}.`]
}

function aboutSteps(demand: Demand, steps: number): string[] {
  if (demand.steps === null) return []
  const verdict = steps >= demand.steps ? 'is enough' : 'is fewer'
  return [
    `Theorem ${demand.theorem} asks for T >= ${shown(demand.steps)}; the file's ${shown(steps)} ${verdict}.`,
  ]
}

/** The lower bound that only Theorem 2 has. */
function aboutLeastPeriod(demand: Demand, syncPeriod: number): string[] {
  const low = demand.syncPeriod?.low ?? 1
  if (syncPeriod >= low) return []
  return [`Theorem ${demand.theorem} asks for tau >= ${shown(low)}; the file has ${syncPeriod}.`]
}

/**
 * Sentences on eta, tau and T of an experiment beside what one theorem asks for with the constants of `demand`. The limit on tau is
 * judged at the experiment's own eta.
 */
export function check(demand: Demand, input: TheoryInput, chosen: ChosenSettings): string[] {
  const { stepSize, syncPeriod, steps } = chosen
  const fixed =
    stepSize === null
      ? [`Theorem ${demand.theorem} is about a constant eta; the file has a schedule.`]
      : [aboutPeriod(demand, input, stepSize, syncPeriod), ...aboutStepSize(demand, stepSize)]
  return [...fixed, ...aboutLeastPeriod(demand, syncPeriod), ...aboutSteps(demand, steps)]
}
