/** A socket that cannot be bound, told in one sentence to whoever starts the service. */

import { type Endpoint, formatEndpoint } from '../base/prefix.ts';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EACCES: 'permission denied; a port below 1024 needs root or CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this machine has no such address',
  EAFNOSUPPORT: 'this machine does not speak that address family',
  EINVAL: 'the address cannot be bound; a link-local one needs its interface, as in fe80::1%eth0',
};

export class BindError extends Error {
  override readonly name = 'BindError';
  /** Of the system, such as EADDRINUSE. */
  readonly code: string;
  constructor(endpoint: Endpoint, transport: 'UDP' | 'TCP', cause: unknown) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    super(`cannot listen on ${formatEndpoint(endpoint)} (${transport}): ${reasons[code] ?? code}`, { cause });
    this.code = code;
  }
}
