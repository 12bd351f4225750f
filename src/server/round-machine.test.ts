/** The round machine, case by case: what opens, what closes, and what every Update is answered. */
import { describe, expect, it } from 'vitest'
import { roundMachine } from './round-machine.ts'
import type { RoundCheckpoint, RoundEffect, RoundEvent, RoundSettings, RoundState } from './round-machine.ts'
import { agentsOf } from './round-machine/agent-table.ts'
import type { ServerRule } from './rule.ts'

/** Task n is the number n; the state is every list of Updates that was folded. */
type Folded = readonly (readonly string[])[]

const ruleOf = (count: number): ServerRule<Folded, number, string> => ({
  init: () => [],
  task: (state) => (state.length < count ? state.length : null),
  fold: (state, updates) => [...state, updates],
})

const rebase = (update: string, from: number, to: number): string => `${update}: ${from} to ${to}`

type Event = RoundEvent<string>
type Effect = RoundEffect<Folded, number>
type Untimed<T> = T extends unknown ? Omit<T, 'now'> : never

/** A machine with what it has said last. */
function machineOf(settings: Partial<RoundSettings<number, string>> = {}, count = 6) {
  const machine = roundMachine(ruleOf(count), {
    agents: 3,
    phases: 1,
    participation: {},
    rebase,
    ...settings,
  })
  let state: RoundState<Folded, number, string> = machine.start()
  let now = 0
  const happen = (event: Untimed<Event>): string[] => {
    const step = machine.apply(state, { ...event, now })
    state = step.state
    return step.effects.map(worded)
  }
  return {
    machine,
    state: () => state,
    join: (...agents: number[]) => agents.flatMap((agent) => happen({ type: 'joined', agent })),
    leave: (agent: number) => happen({ type: 'left', agent }),
    update: (agent: number, round: number, phase = 0) =>
      happen({ type: 'update', agent, round, phase, update: `${agent}@${round}` }),
    behind: (...agents: number[]) => happen({ type: 'behind', agents }),
    durable: (closed: number) => happen({ type: 'durable', closed }),
    tick: (to: number) => {
      now = to
      return happen({ type: 'tick' })
    },
    tell: (type: 'pause' | 'resume' | 'stop') => happen({ type }),
    restore: (checkpoint: RoundCheckpoint<Folded, number>) => {
      state = machine.restore(checkpoint)
    },
  }
}

/** An effect in a few words. */
function worded(effect: Effect): string {
  switch (effect.type) {
    case 'task':
      return `task ${effect.round}.${effect.phase} to ${effect.agents.join()} after ${effect.after.join()}`
    case 'ack':
      return `${effect.status} ${effect.round}.${effect.phase} of ${effect.agents.join()}${effect.reason && `: ${effect.reason}`}`
    case 'closed':
      return `closed ${effect.phase.round}.${effect.phase.phase} with ${effect.phase.agents.join()}${effect.phase.late.length > 0 ? `, late ${effect.phase.late.join()}` : ''}`
    case 'checkpoint':
      return `checkpoint ${effect.checkpoint.closed}`
    case 'timer':
      return `timer ${effect.at}`
    case 'announce':
      return effect.what
  }
}

describe('with everybody needed, which is the default', () => {
  it('asks when all are there, closes when all have answered, and promises what is on disk', () => {
    const { join, update, durable, state } = machineOf({}, 2)
    expect(join(2, 0)).toEqual([])
    expect(join(1)).toEqual(['task 0.0 to 0,1,2 after 0,0,0'])
    expect([...update(2, 0), ...update(0, 0)]).toEqual(['received 0.0 of 2', 'received 0.0 of 0'])
    expect(update(1, 0)).toEqual([
      'received 0.0 of 1',
      'closed 0.0 with 0,1,2',
      'checkpoint 1',
      'task 1.0 to 0,1,2 after 1,1,1',
    ])
    expect([0, 1, 2].flatMap((agent) => update(agent, 1)).slice(-2)).toEqual([
      'closed 1.0 with 0,1,2',
      'checkpoint 2',
    ])
    expect(durable(1)).toEqual(['durable 0.0 of 0,1,2'])
    expect(durable(2)).toEqual(['durable 1.0 of 0,1,2', 'finished'])
    expect(durable(2)).toEqual([])
    expect(state().rule).toEqual([
      ['0@0', '1@0', '2@0'],
      ['0@1', '1@1', '2@1'],
    ])
  })

  it('runs at most eight phases ahead of the disk', () => {
    const { join, update, durable } = machineOf({}, 10)
    join(0, 1, 2)
    const round = (n: number): string[] => [0, 1, 2].flatMap((agent) => update(agent, n))
    for (let n = 1; n < 8; n++) expect(round(n - 1).at(-1)).toBe(`task ${n}.0 to 0,1,2 after ${n},${n},${n}`)
    expect(round(7).at(-1)).toBe('checkpoint 8')
    expect(durable(1)).toEqual(['durable 0.0 of 0,1,2', 'task 8.0 to 0,1,2 after 8,8,8'])
  })

  it('tells agents that lost their last states the Tasks that led to them, then the one that is due', () => {
    const { join, update, restore, state, behind } = machineOf({ remembered: 2 })
    expect(behind(0)).toEqual([])
    join(0, 1, 2)
    expect(behind(0, 1)).toEqual(['task 0.0 to 0,1 after 0,0'])
    for (const round of [0, 1, 2]) for (const agent of [0, 1, 2]) update(agent, round)
    update(1, 3)
    const last = ['task 1.0 to 0,1 after 1,1', 'task 2.0 to 0,1 after 2,2']
    expect(behind(0, 1)).toEqual([...last, 'task 3.0 to 0 after 3'])
    expect([update(0, 2), update(0, 1)]).toEqual([['duplicate 2.0 of 0'], ['duplicate 1.0 of 0']])
    const { rule, closed, recent, answered, folded } = state()
    restore({ rule, closed, recent, answered, folded })
    expect(behind(0, 1)).toEqual(last)
  })

  it('tells them nothing again where it remembers a Task for late Updates only', () => {
    const { join, update, durable, behind } = machineOf({
      participation: { minimum: 2, late: 'foldNextRound' },
    })
    join(0, 1)
    update(0, 0)
    update(1, 0)
    durable(1)
    expect(behind(0)).toEqual(['task 1.0 to 0 after 1'])
  })

  it('waits for one that has left, also when it has answered another time', () => {
    const { join, leave, update } = machineOf()
    join(0, 1, 2)
    expect(leave(1)).toEqual([])
    update(0, 0)
    expect(update(2, 0)).toEqual(['received 0.0 of 2'])
    expect(join(1)).toEqual(['task 0.0 to 1 after 0'])
    expect(leave(0)).toEqual([])
    expect(join(0)).toEqual([])
    expect(update(1, 0)).toContain('closed 0.0 with 0,1,2')
  })
})

describe('an Update that comes', () => {
  const some = { participation: { minimum: 2 } }

  it('twice is a duplicate until it is durable', () => {
    const { join, update, durable } = machineOf(some)
    join(0, 1)
    update(0, 0)
    expect(update(0, 0)).toEqual(['duplicate 0.0 of 0'])
    expect(update(1, 0).slice(-1)).toEqual(['checkpoint 1'])
    expect(update(0, 0)).toEqual(['duplicate 0.0 of 0'])
    expect(durable(1)).toEqual(['durable 0.0 of 0,1', 'task 1.0 to 0,1 after 1,1'])
    expect(update(0, 0)).toEqual(['durable 0.0 of 0'])
    update(0, 1)
    update(1, 1)
    expect(update(0, 0)).toEqual(['duplicate 0.0 of 0'])
  })

  it('before its Task is refused, also after the end of the run', () => {
    const { join, update } = machineOf({}, 1)
    join(0, 1, 2)
    expect(update(0, 1)).toEqual(['refused 1.0 of 0: not asked for yet: round 0, phase 0 is due'])
    expect(update(0, 0, 1)).toEqual(['refused 0.1 of 0: a round has 1 phases'])
    for (const agent of [0, 1, 2]) update(agent, 0)
    expect(update(0, 1)).toEqual(['refused 1.0 of 0: the run is over'])
  })

  it('before the phase opens is kept: it may answer the same Task, sent before a crash', () => {
    const { join, update } = machineOf()
    join(0)
    expect(update(0, 0)).toEqual(['received 0.0 of 0'])
    join(1)
    expect(join(2)).toEqual(['task 0.0 to 1,2 after 0,0'])
  })

  it('after its phase has closed is late', () => {
    const { join, update, leave, durable } = machineOf(some)
    join(0, 1, 2)
    leave(2)
    update(0, 0)
    update(1, 0)
    expect(update(2, 0)).toEqual(['late 0.0 of 2: round 0, phase 0 has closed'])
    durable(1)
    expect(join(2)).toEqual(['task 1.0 to 2 after 0'])
  })
})

describe('late Updates folded in the next round', () => {
  const folding = { participation: { minimum: 2, target: 2, late: 'foldNextRound' } } as const
  const twoOfThree = () => {
    const made = machineOf(folding)
    made.join(0, 1, 2)
    made.update(0, 0)
    made.update(1, 0)
    expect(made.durable(1)).toEqual(['durable 0.0 of 0,1', 'task 1.0 to 0,1,2 after 1,1,0'])
    return made
  }

  it('are re-based, stand in for their agent, and are durable with that round', () => {
    const { update, durable, state } = twoOfThree()
    expect(update(2, 0)).toEqual(['received 0.0 of 2'])
    expect(update(2, 0)).toEqual(['duplicate 0.0 of 2'])
    update(1, 1)
    expect(update(0, 1)).toEqual(['received 1.0 of 0', 'closed 1.0 with 0,1,2, late 2', 'checkpoint 2'])
    expect(state().rule[1]).toEqual(['0@1', '1@1', '2@0: 0 to 1'])
    expect(update(2, 1)).toEqual(['late 1.0 of 2: round 1, phase 0 has closed'])
    expect(durable(2)).toEqual(['durable 1.0 of 0,1', 'durable 0.0 of 2', 'task 2.0 to 0,1,2 after 2,2,1'])
    expect(update(2, 0)).toEqual(['durable 0.0 of 2'])
  })

  it('give way to the own answer of their agent', () => {
    const { update, state } = twoOfThree()
    update(2, 0)
    expect(update(2, 1)).toEqual([
      'received 1.0 of 2',
      'late 0.0 of 2: the agent has answered round 1, phase 0 itself',
    ])
    expect(update(2, 0)).toEqual(['late 0.0 of 2: round 0, phase 0 has closed'])
    update(0, 1)
    expect(state().rule[1]).toEqual(['0@1', '2@1'])
  })

  it('are not taken a round later still', () => {
    const { update, durable } = twoOfThree()
    update(0, 1)
    update(1, 1)
    durable(2)
    expect(update(2, 0)).toEqual(['late 0.0 of 2: round 0, phase 0 has closed'])
    expect(update(2, 1)).toEqual(['received 1.0 of 2'])
  })

  it('are dropped where a round has several phases, or where the rule cannot re-base them', () => {
    const cases = [{ phases: 2 }, { rebase: () => null }]
    for (const settings of cases) {
      const { join, update, durable } = machineOf({ ...folding, ...settings })
      join(0, 1, 2)
      for (const phase of [0, 1]) {
        update(0, settings.phases === 2 ? 0 : phase, settings.phases === 2 ? phase : 0)
        update(1, settings.phases === 2 ? 0 : phase, settings.phases === 2 ? phase : 0)
        durable(phase + 1)
      }
      const [round, phase] = settings.phases === 2 ? [0, 0] : [1, 0]
      expect(update(2, round, phase)).toEqual([`late ${round}.${phase} of 2: round ${round}, phase ${phase} has closed`]) // prettier-ignore
    }
  })
})

describe('a phase closes', () => {
  it('when the target is reached', () => {
    const { join, update } = machineOf({ participation: { minimum: 1, target: 2 } })
    join(0, 1, 2)
    expect(update(0, 0)).toEqual(['received 0.0 of 0'])
    expect(update(2, 0)).toEqual(['received 0.0 of 2', 'closed 0.0 with 0,2', 'checkpoint 1'])
  })

  it.each([
    [0.5, 4, 2],
    [0.51, 4, 3],
    [0.07, 100, 7],
    [0.01, 30, 2],
  ])('when the share %d of %d agents has answered: %d', (fraction, agents, needed) => {
    const { join, update } = machineOf({ agents, participation: { minimum: 2, fraction } })
    join(...Array.from({ length: agents }, (_, agent) => agent))
    // two were enough to open it: the others are asked as they come
    for (let agent = 0; agent < needed - 1; agent++) expect(update(agent, 0)).toHaveLength(1)
    expect(update(needed - 1, 0)).toHaveLength(3)
  })

  it('at the deadline with those that have answered', () => {
    const { join, update, tick } = machineOf({ participation: { minimum: 1, deadlineSeconds: 2 } })
    expect(join(0)).toEqual(['task 0.0 to 0 after 0', 'timer 2000'])
    join(1)
    update(1, 0)
    expect(tick(1999)).toEqual([])
    expect(tick(2000)).toEqual(['closed 0.0 with 1', 'checkpoint 1'])
  })

  it('after a deadline with too few answers as soon as there are enough; the silent are asked again at each deadline', () => {
    const { join, update, tick } = machineOf({ participation: { minimum: 2, deadlineSeconds: 2 } })
    join(0, 1, 2)
    update(1, 0)
    expect(tick(2500)).toEqual(['task 0.0 to 0,2 after 0,0', 'timer 4500'])
    expect(tick(2600)).toEqual([])
    expect(tick(4500)).toEqual(['task 0.0 to 0,2 after 0,0', 'timer 6500'])
    expect(update(2, 0).slice(1)).toEqual(['closed 0.0 with 1,2', 'checkpoint 1'])
  })

  it('when the last one that was waited for leaves', () => {
    const { join, update, leave } = machineOf({ participation: { minimum: 1 } })
    join(0, 1)
    update(0, 0)
    expect(leave(1)).toEqual(['closed 0.0 with 0', 'checkpoint 1'])
    expect(leave(1)).toEqual([])
  })

  it('with what came from agents that are gone, but not without the minimum', () => {
    const { join, update, leave } = machineOf({ participation: { minimum: 2 } })
    join(0, 1)
    update(0, 0)
    leave(0)
    leave(1)
    expect(join(1)).toEqual(['task 0.0 to 1 after 0'])
    expect(update(1, 0)).toContain('closed 0.0 with 0,1')
  })

  it('with an Update whose agent is gone by the time it is read', () => {
    const { join, update, leave } = machineOf({ participation: { minimum: 2 } })
    join(0, 1, 2)
    leave(2)
    expect(update(2, 0)).toEqual(['received 0.0 of 2'])
    expect(update(0, 0)).toEqual(['received 0.0 of 0'])
    expect(update(1, 0)).toContain('closed 0.0 with 0,1,2')
  })
})

describe('rounds of several phases', () => {
  it('are finished by those that began them', () => {
    const { join, update, durable, leave } = machineOf({ phases: 2, participation: { minimum: 2 } })
    join(0, 1)
    update(0, 0, 0)
    expect(update(1, 0, 0)).toContain('closed 0.0 with 0,1')
    expect(durable(1).at(-1)).toBe('task 0.1 to 0,1 after 1,1')
    expect(join(2)).toEqual([])
    expect(update(2, 0, 1)).toEqual(['refused 0.1 of 2: took no part in the phase before'])
    expect(leave(1)).toEqual([])
    expect(update(0, 0, 1)).toEqual(['received 0.1 of 0'])
    expect(join(1)).toEqual(['task 0.1 to 1 after 1'])
    expect(update(1, 0, 1)).toContain('closed 0.1 with 0,1')
    expect(durable(2).at(-1)).toBe('task 1.0 to 0,1,2 after 2,2,0')
  })
})

describe('pause, resume and stop', () => {
  it('keeps what comes in a pause, and closes nothing', () => {
    const { join, update, tell, tick } = machineOf({ participation: { minimum: 1, deadlineSeconds: 5 } })
    join(0, 1)
    expect([...tell('pause'), ...tell('pause')]).toEqual(['paused'])
    expect(update(0, 0)).toEqual(['received 0.0 of 0'])
    expect(tick(6000)).toEqual([])
    expect(tell('resume')).toEqual(['resumed', 'timer 11000'])
    expect(tell('resume')).toEqual([])
    expect(tick(10_000)).toEqual([])
    expect(tick(11_000)).toContain('closed 0.0 with 0')
  })

  it('opens nothing in a pause', () => {
    const { join, tell } = machineOf()
    tell('pause')
    expect(join(0, 1, 2)).toEqual([])
    expect(tell('resume')).toEqual(['resumed', 'task 0.0 to 0,1,2 after 0,0,0'])
  })

  it('starts no clock for a phase that is not open', () => {
    const { tell } = machineOf({ participation: { minimum: 1, deadlineSeconds: 5 } })
    expect([...tell('pause'), ...tell('resume')]).toEqual(['paused', 'resumed'])
  })

  it('gives an open phase back, and stops when what has closed is on disk', () => {
    const { join, update, tell, durable } = machineOf()
    join(0, 1, 2)
    for (const agent of [0, 1, 2]) update(agent, 0)
    update(0, 1)
    expect(tell('stop')).toEqual([])
    expect([...update(1, 1), ...update(2, 1)]).toEqual(['received 1.0 of 1', 'received 1.0 of 2'])
    expect(durable(1)).toEqual(['durable 0.0 of 0,1,2', 'stopped'])
    expect(tell('stop')).toEqual([])
  })
})

describe('a restart', () => {
  it('goes on from the checkpoint: the same Task, from the same states, and no promise forgotten', () => {
    const { join, update, durable, restore, state, machine } = machineOf({ participation: { minimum: 2 } })
    join(0, 1)
    update(0, 0)
    const { effects } = machine.apply(state(), { type: 'update', agent: 1, round: 0, phase: 0, update: '1@0', now: 0 }) // prettier-ignore
    const checkpoint = effects.flatMap((effect) =>
      effect.type === 'checkpoint' ? [effect.checkpoint] : [],
    )[0]
    update(1, 0)
    const asked = durable(1).at(-1)
    restore(structuredClone(checkpoint) as RoundCheckpoint<Folded, number>)
    expect(agentsOf(state().present)).toEqual([])
    expect(update(0, 0)).toEqual(['durable 0.0 of 0'])
    expect(join(0, 1)).toEqual([asked])
  })
})

describe('what does not fit', () => {
  it.each([
    [{ minimum: 4 }, 'participation.minimum: expected an integer in [1, 3], got 4'],
    [
      { minimum: 2, target: 1 },
      'participation.target: expected an integer in [2, 3], 2 being the minimum, got 1',
    ],
    [{ fraction: 0 }, 'participation.fraction: expected a number in (0, 1], got 0'],
    [{ deadlineSeconds: 0 }, 'participation.deadlineSeconds: expected a number > 0, got 0'],
  ])('%o is refused', (participation, message) => {
    expect(() => machineOf({ participation })).toThrow(new RangeError(message))
  })

  it('late Updates cannot be folded without a way to do so', () => {
    const settings = { agents: 1, phases: 1, participation: { late: 'foldNextRound' } } as const
    expect(() => roundMachine(ruleOf(1), settings)).toThrow('expects a way to rebase late Updates, got none')
  })

  it('an agent or a checkpoint that there is not', () => {
    const { join, durable } = machineOf()
    expect(() => join(3)).toThrow('roundMachine: expected an agent in [0, 2], got 3')
    expect(() => durable(1)).toThrow('roundMachine: expected at most 0 durable phases, got 1')
  })
})
