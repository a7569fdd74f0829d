/** What the operator's anchors and the keys that were tracked since make together: the anchors that validation starts from. */

import { formatName, type Name, sameName, toCanonical } from '../base/name.ts';
import { DigestType } from '../base/registry.ts';
import type { TrustAnchor } from '../base/trust-anchor.ts';
import { digest } from '../crypto/digest.ts';
import { readDnskey } from '../wire/rdata/dnskey.ts';
import { readDs } from '../wire/rdata/ds.ts';
import { isTrusted, MAX_TRACKED_KEYS, sameKey, type TrackedKey, type TrustPoint } from './rfc5011.ts';

/** Whether a DS record is that of a key (RFC 4034 §5.1.4). */
export function isDsOf(zone: Name, ds: Uint8Array, key: Uint8Array): boolean {
  const { keyTag, algorithm, digestType, digest: expected } = readDs(ds);
  const known = readDnskey(key);
  if (keyTag !== known.keyTag || algorithm !== known.algorithm) return false;
  return digest(digestType, Buffer.concat([toCanonical(zone), key]))?.equals(expected) === true;
}

/** Whether an operator's anchor names this key; a SHA-1 digest counts where there is no other (RFC 4509 §3). */
export function isNamedBy({ zone, ds, dnskeys }: TrustAnchor, key: Uint8Array): boolean {
  const strong = ds.filter((rdata) => readDs(rdata).digestType !== DigestType.SHA1);
  return dnskeys.some((rdata) => sameKey(rdata, key)) || (strong.length > 0 ? strong : ds).some((rdata) => isDsOf(zone, rdata, key));
}

/**
 * A trust point as it is before its first look: configured keys are valid at once, and what was tracked before goes on. A key that was
 * trusted for being configured and is so no longer is dropped, one that is revoked never.
 */
export function openPoint(anchor: TrustAnchor, stored: TrustPoint | undefined, now: number): TrustPoint {
  const kept = (stored?.keys ?? [])
    .filter((key) => key.origin === 'learned' || !isTrusted(key.state) || isNamedBy(anchor, key.rdata))
    .map((key): TrackedKey => {
      if (key.state !== 'add-pending' || !isNamedBy(anchor, key.rdata)) return key;
      return { ...key, state: 'valid', since: now, holdDownEnds: undefined, origin: 'configured' };
    });
  const added = anchor.dnskeys
    .filter((rdata) => !kept.some((key) => sameKey(key.rdata, rdata)))
    .map((rdata) => ({ rdata, state: 'valid', since: now, lastSeen: undefined, holdDownEnds: undefined, origin: 'configured' }) as const);
  return { zone: anchor.zone, keys: [...kept, ...added.slice(0, Math.max(0, MAX_TRACKED_KEYS - kept.length))], clock: stored?.clock ?? 0 };
}

/**
 * The anchor of a trust point: the operator's, without keys that are revoked, and with keys that were learned.
 * @returns undefined where all keys are revoked: the zone is then as if it had never been configured (RFC 5011 §5)
 */
export function anchorOf(anchor: TrustAnchor, { keys }: TrustPoint): TrustAnchor | undefined {
  const out = keys.filter(({ state }) => state === 'revoked' || state === 'removed');
  const isOut = (rdata: Uint8Array) => out.some((key) => sameKey(key.rdata, rdata));
  const learned = keys.filter(({ state }) => isTrusted(state)).map(({ rdata }) => rdata);
  const dnskeys = [...learned, ...anchor.dnskeys.filter((rdata) => !isOut(rdata) && !learned.some((key) => sameKey(key, rdata)))];
  const ds = anchor.ds.filter((rdata) => !out.some((key) => isDsOf(anchor.zone, rdata, key.rdata)));
  return out.length > 0 && dnskeys.length === 0 && ds.length === 0 ? undefined : { zone: anchor.zone, ds, dnskeys };
}

/** Key tags of an anchor's keys, each once, from the least to the greatest. */
export function keyTagsOf({ ds, dnskeys }: Pick<TrustAnchor, 'ds' | 'dnskeys'>): number[] {
  const tags = [...ds.map((rdata) => readDs(rdata).keyTag), ...dnskeys.map((rdata) => readDnskey(rdata).keyTag)];
  return [...new Set(tags)].toSorted((a, b) => a - b);
}

/** As many as a label of 63 octets holds. */
const MAX_TAGS_TOLD = 12;

/** The first label of the key tag query (RFC 8145 §5.1): `_ta-` and the tags in hexadecimal, four digits each. */
export function keyTagLabel(tags: readonly number[]): string {
  return `_ta-${tags
    .slice(0, MAX_TAGS_TOLD)
    .map((tag) => tag.toString(16).padStart(4, '0'))
    .join('-')}`;
}

/** Whether two lists of anchors are the same, and whether the second lacks a key that the first had. */
export function compareAnchors(before: readonly TrustAnchor[], after: readonly TrustAnchor[]): 'same' | 'more' | 'less' {
  const texts = (anchors: readonly TrustAnchor[]) =>
    new Set(
      anchors.flatMap(({ zone, ds, dnskeys }) => {
        const of = (kind: string, rdata: Uint8Array) => `${formatName(zone)} ${kind} ${Buffer.from(rdata).toString('hex')}`;
        return [...ds.map((rdata) => of('DS', rdata)), ...dnskeys.map((rdata) => of('DNSKEY', rdata))];
      }),
    );
  const [old, current] = [texts(before), texts(after)];
  if ([...old].some((text) => !current.has(text))) return 'less';
  return current.size > old.size ? 'more' : 'same';
}

export function pointOf(points: readonly TrustPoint[], zone: Name): TrustPoint | undefined {
  return points.find((point) => sameName(point.zone, zone));
}
