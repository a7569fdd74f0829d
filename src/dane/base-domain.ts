/**
 * TLSA base domains of a host that may be an alias (RFC 7672 §2.2.2, §2.2.3): the fully expanded name, then the name as given. Names in
 * between never count.
 */

import { labelsOf, type Name, NameError, nameOfLabels } from '../base/name.ts';
import type { AliasLink } from '../resolver/resolution.ts';
import type { AliasRule } from './verdicts.ts';

export interface BaseDomains {
  readonly rule: AliasRule;
  /** In the order in which TLSA records are looked for. */
  readonly candidates: readonly Name[];
}

/**
 * @param host as the MX record names it
 * @param aliases the CNAMEs from `host` to its addresses
 * @param addressesSecure whether the addresses at the end of the chain validated
 */
export function findBaseDomains(host: Name, aliases: readonly AliasLink[], addressesSecure: boolean): BaseDomains {
  const first = aliases[0];
  const last = aliases.at(-1);
  if (!first || !last) return { rule: 'no-alias', candidates: addressesSecure ? [host] : [] };
  if (aliases.some((link) => link.validation.state === 'bogus' || link.validation.state === 'indeterminate'))
    return { rule: 'chain-failed', candidates: [] };
  if (first.validation.state !== 'secure') return { rule: 'first-link-insecure', candidates: [] };
  if (addressesSecure && aliases.every((link) => link.validation.state === 'secure'))
    return { rule: 'chain-secure', candidates: last.target.key === host.key ? [host] : [last.target, host] };
  return { rule: 'first-link-secure', candidates: [host] };
}

/** `_<port>._tcp.<base>` (RFC 6698 §3); undefined where that would be too long to be a name, so no such records exist. */
export function tlsaOwner(base: Name, port: number): Name | undefined {
  try {
    return nameOfLabels([Buffer.from(`_${port}`, 'latin1'), Buffer.from('_tcp', 'latin1'), ...labelsOf(base)]);
  } catch (error) {
    if (error instanceof NameError) return undefined;
    throw error;
  }
}
