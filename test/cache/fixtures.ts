/** Entries for the cache tests: each names only what it is about. */

import { parseName, ROOT } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Class, Type } from '../../src/base/registry.ts';
import { SECURE, type Validation } from '../../src/base/validation.ts';
import type { Delegation } from '../../src/cache/delegation-cache.ts';
import type { DenialEntry } from '../../src/cache/denial-cache.ts';
import type { RRsetEntry } from '../../src/cache/rrset-cache.ts';

export const NOW = 1_800_000_000;
const zone = parseName('example.org');

export const verdicts: Readonly<Record<'secure' | 'insecure' | 'bogus' | 'indeterminate' | 'unjudged', Validation | undefined>> = {
  secure: SECURE,
  insecure: { state: 'insecure', zone, reason: 'unsigned-delegation' },
  bogus: { state: 'bogus', zone, reason: 'signature-wrong' },
  indeterminate: { state: 'indeterminate', reason: 'servers-unreachable' },
  unjudged: undefined,
};

export function rrset(owner: string, change: Partial<RRset> = {}): RRset {
  const name = parseName(owner);
  return { owner: name, type: Type.A, class: Class.IN, ttl: 300, rdata: [Uint8Array.of(192, 0, 2, 1)], signatures: [], ...change };
}

export function entry(owner: string, change: Partial<RRsetEntry> = {}, set: Partial<RRset> = {}): RRsetEntry {
  return {
    rrset: rrset(owner, set),
    rank: 'answer',
    zone,
    proof: [],
    validation: undefined,
    received: NOW,
    expires: NOW + 300,
    server: '192.0.2.53',
    ...change,
  };
}

export function denial(owner: string, change: Partial<DenialEntry> = {}): DenialEntry {
  return {
    kind: 'nodata',
    owner: parseName(owner),
    type: Type.A,
    zone,
    authority: [rrset('example.org', { type: Type.SOA, rdata: [new Uint8Array(60)] })],
    validation: undefined,
    received: NOW,
    expires: NOW + 300,
    server: '192.0.2.53',
    ...change,
  };
}

export function delegation(zoneText: string, parentText: string, change: Partial<Delegation> = {}): Delegation {
  const apex = parseName(zoneText);
  const parent = parentText === '.' ? ROOT : parseName(parentText);
  const servers = [{ name: parseName(`ns1.${zoneText}`), addresses: ['192.0.2.1'] }];
  return { zone: apex, parent, servers, received: NOW, expires: NOW + 3600, source: 'referral', ...change };
}
