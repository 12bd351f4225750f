/** Prints the milliseconds that the kernel takes to load in this process. */
import { instantiate } from '../src/kernel/compiled/load.ts'

const before = performance.now()
await instantiate(0)
console.log((performance.now() - before).toFixed(3))
