/** The kernel in plain TypeScript: clear before fast. The compiled kernel must agree with it bit for bit. */
import type { KernelProblem, KernelRun } from '../kernel.ts'
import { asynchronousRun } from './plain/asynchronous.ts'
import { independentRun } from './plain/independent.ts'
import { synchronousRun } from './plain/synchronous.ts'
import { single } from './single.ts'
import type { SingleProblem, SingleRun } from './single.ts'
import { modelWalker, replayWalker } from './walk.ts'

/** Starts runs; every lane of every member by itself. */
export function startPlain(problem: KernelProblem): KernelRun {
  const runs = problem.members.map((member) =>
    problem.lanes.map((lane) => startSingle(single(problem, member, lane))),
  )
  return {
    advance(rounds, steps, stepSizes) {
      for (const lanes of runs) {
        for (let round = 0; round < rounds; round++)
          lanes.forEach((run, lane) => run.round(steps, stepSizes[lane] as number))
      }
    },
    table: (member, lane) => runOf(runs, member, lane).table.slice(),
    distance(member, lane) {
      const truth = problem.members[member]?.truth?.[lane]
      return truth === undefined ? NaN : meanDistance(runOf(runs, member, lane).table, truth)
    },
    reported: (member) => runOf(runs, member, 0).reported,
  }
}

function runOf(runs: readonly (readonly SingleRun[])[], member: number, lane: number): SingleRun {
  const run = runs[member]?.[lane]
  if (run === undefined) throw new RangeError(`kernel: no member ${member} with lane ${lane}`)
  return run
}

function meanDistance(tables: Float64Array, truth: Float64Array): number {
  let sum = 0
  for (let from = 0; from < tables.length; from += truth.length) {
    let largest = 0
    for (let entry = 0; entry < truth.length; entry++) {
      const distance = Math.abs((tables[from + entry] as number) - (truth[entry] as number))
      largest = distance > largest ? distance : largest
    }
    sum += largest
  }
  return sum / (tables.length / truth.length)
}

function startSingle(problem: SingleProblem): SingleRun {
  const { experience } = problem
  if (experience.kind === 'generative') return synchronousRun(problem, experience.mdp)
  const walker =
    experience.kind === 'walk'
      ? modelWalker(experience.mdp, experience.behaviors, problem.seed)
      : replayWalker(experience.logs, problem.states, problem.actions)
  return problem.averaging === 'none' ? independentRun(problem, walker) : asynchronousRun(problem, walker)
}
