/** A world in which things happen at random to a real rule and its learners, for tests of what the round machine makes of them. */
import type { Learner } from '../src/agent/learner.ts'
import type { Algorithm } from '../src/algorithm/algorithm.ts'
import { NOBODY, Purpose, below, streamOf } from '../src/numeric/stream.ts'
import type { RoundSettings } from '../src/server/round-machine.ts'
import { World } from './round-machine-world.ts'

/** So many things happen before the run is let to its end. */
const THINGS = 400

/** Lets messages come late, twice, out of order or never, agents come and go, deadlines pass and the server crash; then lets the run end. */
export function disturbed<Own, Server, Task, Update>(
  { rule }: Pick<Algorithm<Own, Server, Task, Update>, 'rule'>,
  learners: readonly Learner<Own, Task, Update>[],
  settings: RoundSettings<Task, Update>,
  seed: number,
): World<Own, Server, Task, Update> {
  const world = new World(rule, learners, settings)
  const stream = streamOf(seed, NOBODY, Purpose.behavior)
  for (let i = 0; i < THINGS; i++) {
    const [index, pick, kind] = [below(stream, learners.length), below(stream, 8), below(stream, 40)]
    const agent = world.agent(index)
    if (!agent.connected) world.connect(index)
    else if (kind < 15 && agent.up.length > 0) world.deliverUp(index, pick, kind === 0)
    else if (kind < 30 && agent.down.length > 0) world.deliverDown(index, pick, kind === 15)
    else if (kind < 34 && world.writing.length > 0) world.written(kind === 30)
    else if (kind < 36) world.disconnect(index)
    else if (kind < 38) world.happen({ type: 'tick', now: (world.now += 500) })
    else if (kind === 38 && pick === 0) world.crash()
  }
  world.settle()
  return world
}
