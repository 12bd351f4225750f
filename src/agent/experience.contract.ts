/** What every {@link Experience} keeps: a test file calls this with an implementation. */
import { describe, expect, it } from 'vitest'
import type { Experience, Trajectory } from './experience.ts'

const joined = (a: Trajectory, b: Trajectory): Trajectory => ({
  pair: Uint32Array.of(...a.pair, ...b.pair),
  reward: Float64Array.of(...a.reward, ...b.reward),
  bootstrap: Int32Array.of(...a.bootstrap, ...b.bootstrap),
})

/** @param states S and A bound what a trajectory may name */
export function checkExperience<State>(
  name: string,
  experience: Experience<State>,
  states: number,
  actions: number,
): void {
  describe(`${name} as an experience`, () => {
    it('starts in the same position every time', () => {
      expect(experience.start()).toEqual(experience.start())
    })

    it('gathers the same from the same position, and leaves that position as it was', () => {
      const from = experience.gather(experience.start(), 17).state
      const before = structuredClone(from)
      const first = experience.gather(from, 40)
      expect(from).toEqual(before)
      expect(experience.gather(from, 40)).toEqual(first)
      expect(experience.gather(before, 40)).toEqual(first)
    })

    it.each([0, 1, 13, 29, 30])(
      'does not tell that 30 steps were gathered in two parts, the first of %i',
      (cut) => {
        const whole = experience.gather(experience.start(), 30)
        const first = experience.gather(experience.start(), cut)
        const second = experience.gather(first.state, 30 - cut)
        expect(joined(first.trajectory, second.trajectory)).toEqual(whole.trajectory)
        expect(second.state).toEqual(whole.state)
      },
    )

    it('names pairs and states that there are, and finite rewards', () => {
      const { pair, reward, bootstrap } = experience.gather(experience.start(), 500).trajectory
      expect([pair.length, reward.length, bootstrap.length]).toEqual([500, 500, 500])
      expect(pair.every((one) => one < states * actions)).toBe(true)
      expect(bootstrap.every((one) => one >= -1 && one < states)).toBe(true)
      expect(reward.every(Number.isFinite)).toBe(true)
    })
  })
}
