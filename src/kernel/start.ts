/** Picks the kernel that carries a problem out: the compiled one, or the plain one where that cannot hold it. Tables are the same. */
import type { KernelProblem, KernelRun } from '../kernel.ts'
import { TooLarge, startCompiled } from './compiled.ts'
import { startPlain } from './plain.ts'

/** Starts runs on the fastest kernel that holds them. */
export async function startKernel(problem: KernelProblem): Promise<KernelRun> {
  try {
    return await startCompiled(problem)
  } catch (error) {
    if (error instanceof TooLarge) return startPlain(problem)
    throw error
  }
}
