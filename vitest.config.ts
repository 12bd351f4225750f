import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Files of tests that wait for brokers and sockets more than they compute, beside all of `test/`. */
const WAITING = ['src/transport/{link,nats,nats-lease,nats-mirror,websocket}.test.ts']

const shared = {
  env: { TZ: 'UTC', LC_ALL: 'C', NO_COLOR: '1' },
  // nothing is asserted of time: a machine that is busy with other things may take many times as long
  testTimeout: 300_000,
  hookTimeout: 120_000,
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'whole',
          include: ['test/**/*.test.ts', ...WAITING],
          maxWorkers: Math.max(3, availableParallelism()),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'units',
          include: ['src/**/*.test.ts', 'experiments/**/*.test.ts'],
          exclude: WAITING,
          // files of one process share what they load
          isolate: false,
          // by itself the runner leaves one core to itself: on two cores that is every other minute
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
