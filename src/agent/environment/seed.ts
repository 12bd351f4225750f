/** Seeds of episodes. */
import { uniform, type Stream } from '../../numeric/stream.ts'

/** A seed for `reset`, an integer in [0, 2^53); takes two words. */
export const drawSeed = (stream: Stream): number => uniform(stream) * 9007199254740992
