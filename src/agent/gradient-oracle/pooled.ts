/** The average problem of several agents as one: what a learner could know if it were given everybody's experience. */
import { meanVector } from '../../numeric/mean-vector.ts'
import type { GradientOracle } from '../gradient-oracle.ts'

/**
 * The oracle of J = (1/N) sum_i J_i: means of the answers of `oracles`, in their order; its position is the list of theirs.
 * @throws RangeError when there is none, or they differ in size
 */
export function pooledOracle<State>(
  oracles: readonly GradientOracle<State>[],
): GradientOracle<readonly State[]> {
  const size = oracles[0]?.size
  if (size === undefined || oracles.some((oracle) => oracle.size !== size))
    throw new RangeError(
      `pooledOracle: expected oracles of one size, got sizes [${oracles.map((oracle) => oracle.size).join(', ')}]`,
    )
  /** what every oracle answers from its own position */
  const ask = <Answer extends { readonly state: State }>(
    states: readonly State[],
    question: (oracle: GradientOracle<State>, state: State) => Answer,
  ): { answers: Answer[]; state: State[] } => {
    const answers = oracles.map((oracle, i) => question(oracle, states[i] as State))
    return { answers, state: answers.map((answer) => answer.state) }
  }
  return {
    size,
    start: () => oracles.map((oracle) => oracle.start()),
    gradient(theta, states) {
      const { answers, state } = ask(states, (oracle, at) => oracle.gradient(theta, at))
      return { gradient: meanVector(answers.map(({ gradient }) => gradient)), state }
    },
    gradients(theta, reference, states) {
      const { answers, state } = ask(states, (oracle, at) => oracle.gradients(theta, reference, at))
      return {
        gradient: meanVector(answers.map(({ gradient }) => gradient)),
        atReference: meanVector(answers.map(({ atReference }) => atReference)),
        state,
      }
    },
    value(theta, states) {
      const { answers, state } = ask(states, (oracle, at) => oracle.value(theta, at))
      const [value] = meanVector(answers.map((answer) => Float64Array.of(answer.value)))
      return { value: value as number, state }
    },
    samples: (states) => oracles.reduce((sum, oracle, i) => sum + oracle.samples(states[i] as State), 0),
  }
}
