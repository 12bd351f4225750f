/** Which hosts are this machine. */
import { isIPv4 } from 'node:net'

/** Whether only this machine can reach a host. @param host a name, or an address, of IPv6 with or without brackets */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'))
