/** Keeps stdout for the result of a command: what a person's module prints, in this thread or in others, goes to stderr. */

/**
 * Takes stdout. From now on `process.stdout.write`, and with it `console.log`, writes to stderr.
 * @returns what still writes to stdout
 */
export function takeStdout(): typeof process.stdout.write {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = (...chunk: unknown[]) => {
    Reflect.apply(process.stderr.write, process.stderr, chunk)
    // what a thread prints would wait for stdout to drain, and stdout was not written to
    return true
  }
  return write
}
