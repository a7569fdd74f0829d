/**
 * NSEC and NSEC3 chains of a zone: which record matches a name and which covers it.
 *
 * RFCs: 4034 §4 and 4035 §2.3 (NSEC), 5155 §3, §5, §7.1 (NSEC3, hash, opt-out).
 */

import { createHash } from 'node:crypto';
import { compareNames, keyOf, type Labels, lowerCase, textOf, wireName } from './name.ts';
import { type RRset, rdataOf, typeName } from './rdata.ts';

/** A name of the zone and the types its denial record shows. */
export interface ChainEntry {
  readonly name: Labels;
  readonly types: readonly number[];
}

export interface Chain {
  readonly kind: 'nsec' | 'nsec3';
  readonly matching: (name: Labels) => RRset | undefined;
  /** The record whose span holds `name`, a name that has no record of its own. */
  readonly covering: (name: Labels) => RRset;
  readonly records: readonly RRset[];
}

export interface Nsec3Parameters {
  readonly iterations: number;
  /** Hexadecimal, empty for none. */
  readonly salt: string;
  readonly optOut: boolean;
}

/** NSEC chain over `entries`, of which the apex is one. */
export function nsecChain(entries: readonly ChainEntry[], ttl: number): Chain {
  const sorted = entries.toSorted((a, b) => compareNames(a.name, b.name));
  const records = sorted.map(({ name, types }, index): RRset => {
    const next = sorted[(index + 1) % sorted.length]!;
    const data = { nextDomain: textOf(next.name), rrtypes: types.map(typeName) };
    return { owner: name, type: 47, ttl, rdatas: [rdataOf({ name: '.', type: 'NSEC', data })] };
  });
  const byName = new Map(records.map((record) => [keyOf(record.owner), record]));
  return {
    kind: 'nsec',
    records,
    matching: (name) => byName.get(keyOf(name)),
    covering: (name) => records.findLast((record) => compareNames(record.owner, name) < 0) ?? records.at(-1)!,
  };
}

/** NSEC3 chain over `entries`; with opt-out the unsigned delegations are not among them. */
export function nsec3Chain(entries: readonly ChainEntry[], apex: Labels, parameters: Nsec3Parameters, ttl: number): Chain {
  const salt = Buffer.from(parameters.salt, 'hex');
  const hash = (name: Labels) => nsec3Hash(name, salt, parameters.iterations);
  const sorted = entries.map((entry) => ({ ...entry, digest: hash(entry.name) })).toSorted((a, b) => a.digest.compare(b.digest));
  const chain = sorted.map(({ digest, types }, index) => {
    const data = {
      algorithm: 1,
      flags: parameters.optOut ? 1 : 0,
      iterations: parameters.iterations,
      salt,
      nextDomain: sorted[(index + 1) % sorted.length]!.digest,
      rrtypes: types.map(typeName),
    };
    const owner = [base32hex(digest), ...apex];
    return { digest, record: { owner, type: 50, ttl, rdatas: [rdataOf({ name: '.', type: 'NSEC3', data })] } satisfies RRset };
  });
  const find = (name: Labels) => {
    const digest = hash(name);
    return { digest, at: chain.findLast((link) => link.digest.compare(digest) <= 0) ?? chain.at(-1)! };
  };
  return {
    kind: 'nsec3',
    records: chain.map(({ record }) => record),
    matching: (name) => {
      const { digest, at } = find(name);
      return at.digest.equals(digest) ? at.record : undefined;
    },
    covering: (name) => find(name).at.record,
  };
}

/** RDATA of the NSEC3PARAM record; dns-packet has no encoder for it. Its flags are zero (RFC 5155 §4.1.2). */
export function nsec3Parameters({ iterations, salt }: Nsec3Parameters): Buffer {
  const octets = Buffer.from(salt, 'hex');
  return Buffer.concat([Buffer.of(1, 0, iterations >> 8, iterations & 0xff, octets.length), octets]);
}

/** RFC 5155 §5: SHA-1 over the canonical name and the salt, `iterations` times more over the digest and the salt. */
export function nsec3Hash(name: Labels, salt: Buffer, iterations: number): Buffer {
  let digest = wireName(lowerCase(name));
  for (let round = 0; round <= iterations; round += 1) digest = createHash('sha1').update(digest).update(salt).digest();
  return digest;
}

/** Base 32 with extended hex alphabet, lower case, no padding (RFC 4648 §7). A digest of 20 octets makes 32 digits, none left over. */
export function base32hex(octets: Buffer): string {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((digit) => Number.parseInt(digit, 2).toString(32)).join('');
}
