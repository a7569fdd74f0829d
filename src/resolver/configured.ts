/** What an operator's settings mean to the parts of the resolver: hints, stub zones, zones kept out of validation. */

import { ROOT } from '../base/name.ts';
import type { NegativeTrustAnchor } from '../base/trust-anchor.ts';
import type { DelegationCache } from '../cache/delegation-cache.ts';
import type { ZoneServers } from '../iterator/zone-servers.ts';
import type { ResolverSettings } from './settings.ts';

/** Zones that the configuration keeps out of validation, as negative trust anchors that never end. */
export function unvalidatedZones({ forward, stub }: ResolverSettings): NegativeTrustAnchor[] {
  const insecureReason = 'validation-disabled';
  const zones = [...forward, ...stub].filter(({ validate }) => !validate).map(({ zone }) => zone);
  return zones.map((zone) => ({ zone, reason: 'configured', until: Number.POSITIVE_INFINITY, insecureReason }));
}

/** Delegations below a stub zone hold as long as it does. One that recursion may replace is no ground for that. */
export function keepStubs(delegations: DelegationCache, { stub }: ResolverSettings): void {
  for (const { zone, servers, first } of stub) {
    if (first || zone.labels === 0) continue;
    const addresses = servers.map(({ address }) => address);
    const expires = Number.POSITIVE_INFINITY;
    delegations.put({ zone, parent: ROOT, servers: [{ name: ROOT, addresses }], received: 0, expires, source: 'stub' }, 0);
  }
}

/** The root's servers as the hints have them, as far as we speak to such addresses. */
export function hintServers(settings: ResolverSettings): ZoneServers {
  const usable = (address: string) => (address.includes(':') ? settings.ipv6 : settings.ipv4);
  return {
    zone: ROOT,
    servers: settings.rootServers.map(({ name, addresses }) => ({
      name,
      addresses: addresses.filter(usable).map((address) => ({ address, port: settings.upstreamPort })),
    })),
    recursive: false,
    fallback: false,
  };
}

/** Whether the root's servers are the configuration's for good, so that there is nothing to prime. */
export function isRootConfigured(settings: ResolverSettings): boolean {
  return [...settings.forward, ...settings.stub].some(({ zone, first }) => zone.labels === 0 && !first);
}
