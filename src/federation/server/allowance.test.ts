import { describe, expect, it } from 'vitest'
import { Allowance } from './allowance.ts'

function world(agents: number) {
  let now = 0
  const allowance = new Allowance(agents, { now: () => now, after: () => () => {} })
  /** sends until one may not be sent, at most so many */
  const send = (most: number): number => {
    for (let sent = 0; sent < most; sent++) if (!allowance.take()) return sent
    return most
  }
  return { allowance, send, wait: (ms: number) => void (now += ms) }
}

describe('the messages that a connection may send', () => {
  it('are limited, and come back with time', () => {
    const { send, wait } = world(10)
    expect(send(10_000)).toBe(1224)
    wait(1000)
    expect(send(10_000)).toBe(122)
    wait(60_000)
    expect(send(10_000)).toBe(1224)
  })

  it('never run out for agents that answer what they are asked, at any speed and for 10,000 over one connection', () => {
    for (const agents of [1, 20, 10_000]) {
      const { allowance, send } = world(agents)
      // Hello, Proof, nine offers, what it lost, five answers to that and a leave
      expect(send(18 * agents)).toBe(18 * agents)
      for (let round = 0; round < 300; round++) {
        allowance.grant(agents)
        expect(send(agents)).toBe(agents)
      }
    }
  })

  it('are no more than at the beginning, however much is asked', () => {
    const { allowance, send } = world(1)
    allowance.grant(1e9)
    expect(send(10_000)).toBe(1044)
  })
})
