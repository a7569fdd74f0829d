/**
 * Who may ask over HTTP: addresses of the access list, and no web page that a browser was made to carry here. A page can point its own
 * name at loopback (DNS rebinding), so the Host header counts; it can ask across origins, so Origin and Sec-Fetch-Site count.
 */

import type { IncomingMessage, Server } from 'node:http';
import { HttpError } from './errors.ts';

export interface GuardDeps {
  /** Whether this address, IPv4 or IPv6, may ask. */
  readonly access: (address: string) => boolean;
  /** Host names that this service goes by, besides loopback addresses and localhost. */
  readonly hosts: readonly string[];
}

/** Returns a check that gives the refusal for a request, or undefined. Only the peer of the socket counts, never a forwarding header. */
export function createGuard({ access, hosts }: GuardDeps): (request: IncomingMessage) => HttpError | undefined {
  const known = new Set(['localhost', ...hosts.map(normalHost)]);
  return ({ socket, headers }) => {
    if (!access(normalAddress(socket.remoteAddress ?? '')))
      return new HttpError(403, 'access-denied', 'Your address is not on the access list.');
    const host = headers.host ?? '';
    const name = hostName(host);
    if (name === undefined || !(isLoopback(name) || known.has(name)))
      return new HttpError(403, 'host-not-allowed', 'This service does not go by the name in the Host header.');
    if (headers.origin !== undefined && !isSameOrigin(headers.origin, host))
      return new HttpError(403, 'origin-not-allowed', 'Web pages of another origin may not ask here.');
    // A browser sends no Origin with an image or a script it loads, but says that another site asked for it.
    if (headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate')
      return new HttpError(403, 'origin-not-allowed', 'Web pages of another origin may not ask here.');
    return undefined;
  };
}

/** Connections in all, and of addresses that may not ask: each holds a descriptor, and DNS needs those too. */
const MAX_CONNECTIONS = 1_000;
const MAX_STRANGERS = 50;

/** Bounds the connections of a server. Strangers are told that they may not ask as long as they are few, and cut beyond. */
export function limitConnections(server: Server, access: GuardDeps['access']): void {
  let strangers = 0;
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket) => {
    if (access(normalAddress(socket.remoteAddress ?? ''))) return;
    if (strangers >= MAX_STRANGERS) {
      socket.destroy();
      return;
    }
    strangers++;
    socket.on('close', () => strangers--);
  });
}

/** An IPv4 peer of a dual-stack socket is known by its IPv4 address. */
export function normalAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

/** The name or address in a Host header, without port; undefined where it has not the form of one (RFC 9110 §7.2). */
function hostName(header: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.exec(header);
  return match?.[1] === undefined ? undefined : normalHost(match[1]);
}

function normalHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

function isLoopback(host: string): boolean {
  return host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function isSameOrigin(origin: string, host: string): boolean {
  const lower = origin.toLowerCase();
  return lower === `http://${host.toLowerCase()}` || lower === `https://${host.toLowerCase()}`;
}
