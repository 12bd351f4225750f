/** CPU time of interleaved contestants: each measured once per repetition, so that a change of the machine's mood meets all of them. */

/** Something that takes agent-steps. */
export interface Contestant {
  readonly name: string
  /** takes steps for about the budget; CPU ns per agent-step and variant */
  measure(): number
}

/** Of several measurements. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** How long and how often to measure. */
export interface Effort {
  /** CPU ns of one measurement */
  readonly budget: number
  readonly repetitions: number
}

/** CPU ns that `work` takes in this process. */
export function cpuNs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return 1000 * (user + system)
}

/** The median, lowest and highest of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    median: sorted[sorted.length >> 1] as number,
    low: sorted[0] as number,
    high: sorted.at(-1) as number,
  }
}

/**
 * A contestant of this process; runs until its code is compiled, and finds out how many rounds fill the budget.
 * @param steps agent-steps of a round, of all variants together
 */
export function contestant(
  name: string,
  { budget }: Effort,
  steps: number,
  run: (rounds: number) => void,
): Contestant {
  let rounds = 1
  let ns = cpuNs(() => run(rounds))
  while (ns < budget / 2) {
    rounds *= 2
    ns = cpuNs(() => run(rounds))
  }
  const filling = Math.max(1, Math.round((rounds * budget) / ns))
  return { name, measure: () => cpuNs(() => run(filling)) / (filling * steps) }
}

/** All measurements of all contestants, by name; those of one repetition have one index. */
export function interleave(
  contestants: readonly Contestant[],
  { repetitions }: Effort,
): Map<string, number[]> {
  const times = new Map(contestants.map(({ name }) => [name, [] as number[]]))
  for (let i = 0; i < repetitions; i++)
    for (const one of contestants) times.get(one.name)?.push(one.measure())
  return times
}

/** The ratio of two contestants, repetition by repetition; null where one of them did not take part. */
export function ratioOf(times: Map<string, number[]>, name: string, to: string): Spread | null {
  const [over, under] = [times.get(name), times.get(to)]
  if (over === undefined || under === undefined) return null
  return spreadOf(over.map((ns, i) => ns / (under[i] as number)))
}
