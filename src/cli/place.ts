/** Where something listens, as a person types it: host:port. */
import { InputError } from '../experiment/errors.ts'

/** A place to listen at; `host` of IPv6 without brackets. */
export interface Place {
  readonly host: string
  readonly port: number
}

/** The place in a text. @param usual an example for the message @throws InputError naming `flag` where it is none */
export function placeIn(flag: string, text: string, usual: string): Place {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === '' || Number(port) > 65535)
    throw new InputError(flag, `expected host:port, as in ${usual}, got ${text}`)
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}
