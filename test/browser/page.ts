/** The page of the browser tests: leaves the digests where the test finds them. */
import { digests } from './compute.ts'

Object.assign(globalThis, { fedrl: await digests() })
