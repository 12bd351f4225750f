/** Preloaded into a server (`--expose-gc --import`): tells its parent again and again how many bytes are live. */
const timer = setInterval(() => {
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  process.send?.(heapUsed + external)
}, 25)
timer.unref()
process.channel?.unref()
