/**
 * What cached NSEC3 records prove of a name that was never asked (RFC 8198 §5.2, RFC 5155 §8): the name and its ancestors are hashed and
 * looked up in the chain of their zone. As with all synthesis, what is found is a proposal; the validator has the last word.
 *
 * Opt-out records are never used: they do not say that a name is not there (RFC 5155 §6). Hashing is what an attacker would make us
 * do, so it has bounds of its own besides those of the query: deep names, and zones with many iterations, are asked for instead.
 */

import { MAX_NSEC3_ITERATIONS, type Spend } from '../base/budget.ts';
import { ancestor, type Name, parent, sameName, wildcardOf } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import type { DenialIndex, HashedRRset, IndexedRRset } from '../cache/denial-index.ts';
import { nsec3Hash } from '../crypto/digest.ts';
import { readDenial } from '../dnssec/denial-records.ts';
import { type Nsec3Chain, proveExpansionByNsec3, proveNodataByNsec3, proveNxdomainByNsec3 } from '../dnssec/nsec3.ts';

/** Hash computations, iterations included, for one name and for one query with all its aliases: a tenth and a fifth of what it may do. */
const MAX_HASHES_A_NAME = 300;
const MAX_HASHES_A_QUERY = 600;

/** What the records show: a denial and the records for it, or a wildcard with the record that denies all that is closer. */
export type FoundByNsec3 =
  | { readonly kind: 'nxdomain' | 'nodata'; readonly proof: readonly IndexedRRset[] }
  | { readonly kind: 'wildcard'; readonly source: IndexedRRset; readonly cover: IndexedRRset };

export class Nsec3Search {
  readonly #index: DenialIndex;
  /** By the function that charges a query, which lives as long as the query. */
  readonly #hashed = new WeakMap<Spend, number>();

  constructor(index: DenialIndex) {
    this.#index = index;
  }

  /** Keeps a validated NSEC3 RRset for the search, if it may be used in one. */
  learn(signer: Name, entry: IndexedRRset, now: number): void {
    const [record, ...more] = readDenial(entry.rrset, signer)?.nsec3 ?? [];
    if (!record || more.length > 0 || record.optOut || record.iterations > MAX_NSEC3_ITERATIONS) return;
    const { ownerHash, salt, iterations } = record;
    this.#index.putNsec3(signer, { ...entry, ownerHash }, { salt, iterations }, now);
  }

  /** What the chain of `zone` shows of `type` at `name`. @throws {BudgetExceeded} */
  find(name: Name, type: number, zone: Name, spend: Spend, now: number): FoundByNsec3 | undefined {
    const parameters = this.#index.nsec3Parameters(zone, now);
    if (!parameters) return undefined;
    // At most the name, each ancestor down from the apex, and a wildcard.
    const most = (name.labels - zone.labels + 2) * (parameters.iterations + 1);
    const before = this.#hashed.get(spend) ?? 0;
    if (most > MAX_HASHES_A_NAME || before + most > MAX_HASHES_A_QUERY) return undefined;
    const known = new Map<string, Buffer>();
    const hash = (of: Name): Buffer => {
      const memo = known.get(of.key);
      if (memo) return memo;
      spend('nsec3Hashes', parameters.iterations + 1);
      this.#hashed.set(spend, (this.#hashed.get(spend) ?? 0) + parameters.iterations + 1);
      const digest = nsec3Hash(of, parameters.salt, parameters.iterations);
      known.set(of.key, digest);
      return digest;
    };
    const near = (of: Name) => this.#index.nsec3AtOrBefore(zone, hash(of), now);
    return denialOf(name, type, zone, hash, near) ?? this.#expansionOf(name, type, zone, hash, near, now);
  }

  /** RFC 5155 §8.8: the wildcard was seen, so its parent exists; what is closer to the name must be denied. */
  #expansionOf(name: Name, type: number, zone: Name, hash: Hash, near: Near, now: number): FoundByNsec3 | undefined {
    if (type === Type.DS) return undefined;
    for (let labels = name.labels - 1; labels >= zone.labels; labels--) {
      const encloser = ancestor(name, labels);
      const owner = wildcardOf(encloser);
      const source = owner && (this.#index.wildcard(zone, owner, type, now) ?? this.#index.wildcard(zone, owner, Type.CNAME, now));
      const cover = source && near(ancestor(name, labels + 1));
      if (!cover) continue;
      if (proveExpansionByNsec3(name, encloser, chainOf(zone, [cover], hash)).verdict === 'proved')
        return { kind: 'wildcard', source, cover };
    }
    return undefined;
  }
}

type Hash = (name: Name) => Buffer;
/** The record that matches or else may cover a name. */
type Near = (name: Name) => HashedRRset | undefined;

/** RFC 5155 §8.4, §8.5 and §8.7, by the closest encloser that a record matches. */
function denialOf(name: Name, type: number, zone: Name, hash: Hash, near: Near): FoundByNsec3 | undefined {
  let nextCloser: Name | undefined;
  for (let at: Name | undefined = name; at; at = parent(at)) {
    const match = near(at);
    if (match?.ownerHash.equals(hash(at))) {
      const wildcard = nextCloser && wildcardOf(at);
      const records = [match, nextCloser && near(nextCloser), wildcard && near(wildcard)];
      const proof = [...new Set(records.filter((record) => record !== undefined))];
      const chain = chainOf(zone, proof, hash);
      if (nextCloser && proveNxdomainByNsec3(name, chain).verdict === 'proved') return { kind: 'nxdomain', proof };
      return proveNodataByNsec3(name, type, chain).verdict === 'proved' ? { kind: 'nodata', proof } : undefined;
    }
    if (sameName(at, zone)) return undefined;
    nextCloser = at;
  }
  return undefined;
}

function chainOf(zone: Name, records: readonly { readonly rrset: RRset }[], hash: Hash): Nsec3Chain {
  return { zone, nsec3: records.flatMap(({ rrset }) => readDenial(rrset, zone)?.nsec3 ?? []), hash };
}
