/**
 * Fetches links: out of the cache, or from the servers of a zone, equal fetches at the same moment once. Also what the validator
 * looks RRsets up with, and what finds the addresses of servers; neither of these needs a verdict first.
 */

import { describeLimit } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import type { Question } from '../base/record.ts';
import { Class, Type } from '../base/registry.ts';
import type { IndeterminateReason } from '../base/validation.ts';
import type { Shared, Work } from '../base/work.ts';
import { isAnswerRank } from '../cache/rrset-cache.ts';
import { type Fetched, type IteratorDeps, iterate } from '../iterator/iterate.ts';
import { addressesIn } from '../iterator/zone-servers.ts';
import type { LookedUp } from '../validator/looked-up.ts';
import { denialTtl } from '../validator/validate.ts';
import { type FailedLink, isFailed, type RawLink } from './link.ts';
import type { LinkStore } from './link-store.ts';

/** The first link of a response, and what stood behind it in the same response. */
export interface FetchedLink extends RawLink {
  readonly rest: Fetched | undefined;
}

export class Fetcher {
  readonly #store: LinkStore;
  readonly #now: () => number;
  readonly #iterator: () => IteratorDeps;

  /** @param iterator called at each fetch: the iterator finds server addresses by way of this fetcher */
  constructor(store: LinkStore, now: () => number, iterator: () => IteratorDeps) {
    this.#store = store;
    this.#now = now;
    this.#iterator = iterator;
  }

  /** Fetches the link at `name` from a zone's servers, `avoid` left out. @throws {BudgetExceeded} */
  async fetch(name: Name, type: number, avoid: ReadonlySet<string>, work: Work): Promise<FetchedLink | FailedLink> {
    const shared = await this.#fetch(name, type, avoid, work);
    const failed = failureOf(shared);
    // A limit says nothing about the name, and a circle only about who asked first.
    const isAboutName = failed && failed.failure.reason !== 'limit-spent' && failed.failure.reason !== 'cyclic-dependency';
    if (isAboutName && avoid.size === 0) this.#store.failures.put(name, type, failed.failure, this.#now());
    return failed ?? linkOf(shared);
  }

  /** The same, and a failure is not remembered: for what nobody waits for. @throws {BudgetExceeded} */
  async fetchUnasked(name: Name, type: number, avoid: ReadonlySet<string>, work: Work): Promise<FetchedLink | FailedLink> {
    const shared = await this.#fetch(name, type, avoid, work);
    return failureOf(shared) ?? linkOf(shared);
  }

  #fetch(name: Name, type: number, avoid: ReadonlySet<string>, work: Work): Promise<Shared<Fetched>> {
    const key = `fetch/${type}/${name.key}/${[...avoid].sort().join(',')}`;
    // Without EDNS there are no signatures: a refusal of it that led to data which did not validate may have been forged.
    for (const server of avoid) this.#iterator().servers.forgetPlain(server);
    const question = { qname: name, qtype: type, qclass: Class.IN };
    return work.share(key, (own) => iterate(question, avoid, own, this.#iterator()));
  }

  /** What the validator looks up, kept for the next time as not judged. @throws {BudgetExceeded} */
  async lookUp(name: Name, type: number, work: Work, avoid: ReadonlySet<string>): Promise<LookedUp> {
    const now = this.#now();
    if (avoid.size === 0) {
      const found = this.#store.find(name, type, now);
      // What is known to be bogus is fetched anew: it may only have been what one server said.
      if (found && found.validation?.state !== 'bogus') return toLookedUp(found, true);
      const failed = this.#store.failures.get(name, type, now);
      if (failed) return { kind: 'failure', validation: failed.validation };
    }
    const link = await this.fetch(name, type, avoid, work);
    if ('failure' in link) return { kind: 'failure', validation: link.failure };
    this.#keepUnjudged(name, type, link);
    return toLookedUp(link);
  }

  /** Keeps what came of a question that nobody asked for its own sake, as not judged, and only where nothing is known. */
  keepUnasked({ qname, qtype }: Question, fetched: Fetched): void {
    const link = firstLink(fetched);
    if (!isFailed(link) && !this.#store.find(qname, qtype, this.#now())) this.#keepUnjudged(qname, qtype, link);
  }

  #keepUnjudged(name: Name, type: number, link: RawLink): void {
    this.#store.keep(name, type, link, this.#store.lifetime(ttlOf(link), undefined), undefined, this.#now());
  }

  /**
   * Addresses of a server: cached ones of any kind that is no hearsay, else looked up; IPv6 where IPv4 has none.
   * @returns undefined where a limit or a circle kept it from being known
   * @throws {BudgetExceeded} where there were too many without
   */
  async addressesOf(
    name: Name,
    families: { readonly ipv4: boolean; readonly ipv6: boolean },
    work: Work,
  ): Promise<readonly string[] | undefined> {
    const types = [...(families.ipv4 ? [Type.A] : []), ...(families.ipv6 ? [Type.AAAA] : [])];
    let limited = false;
    for (const type of types) {
      const found = await this.lookUp(name, type, work, NOBODY);
      if (found.kind === 'rrset' && found.rrset.type === type) return addressesIn(found.rrset);
      const reason = found.kind === 'failure' ? found.validation.reason : undefined;
      limited ||= reason === 'limit-spent' || reason === 'cyclic-dependency';
    }
    work.spend('futileLookups');
    return limited ? undefined : [];
  }

  /** The zone in which an address of this name, or its absence, was found; undefined where that is not cached. */
  zoneOfCached(name: Name): Name | undefined {
    const now = this.#now();
    const entry = this.#store.rrsets.get(name, Type.A, now);
    if (entry && isAnswerRank(entry.rank)) return entry.zone;
    const denial = this.#store.denials.get(name, Type.A, now);
    return denial?.kind === 'nodata' ? denial.zone : undefined;
  }
}

const NOBODY: ReadonlySet<string> = new Set();

function failureOf(shared: Shared<Fetched>): FailedLink | undefined {
  const failed = (reason: IndeterminateReason, detail: string): FailedLink => ({ failure: { state: 'indeterminate', reason, detail } });
  switch (shared.outcome) {
    case 'done':
      return shared.value.kind === 'failure' ? failed(shared.value.reason, shared.value.detail) : undefined;
    case 'cycle':
      return failed('cyclic-dependency', 'its servers depend on each other');
    case 'limit-spent':
      return { ...failed('limit-spent', describeLimit(shared.limit)), limit: shared.limit };
  }
}

/** @param shared no failure */
function linkOf(shared: Shared<Fetched>): FetchedLink | FailedLink {
  return firstLink((shared as Extract<typeof shared, { outcome: 'done' }>).value);
}

/** Splits a response after its first link. */
export function firstLink(fetched: Exclude<Fetched, { kind: 'failure' }> | Fetched): FetchedLink | FailedLink {
  if (fetched.kind === 'failure') return { failure: { state: 'indeterminate', reason: fetched.reason, detail: fetched.detail } };
  const { zone, server, authority } = fetched;
  const [alias, ...aliases] = fetched.aliases;
  if (alias) {
    const rest: Fetched = { ...fetched, aliases };
    const isEmpty = rest.kind === 'data' && aliases.length === 0 && rest.rrsets.length === 0;
    return { content: { kind: 'alias', alias }, authority, zone, server, rest: isEmpty ? undefined : rest };
  }
  if (fetched.kind === 'data' && fetched.rrsets.length === 0) {
    return { failure: { state: 'indeterminate', reason: 'servers-failing', detail: `${server} gave no data` } };
  }
  if (fetched.kind === 'denied') return { content: { kind: fetched.denial }, authority, zone, server, rest: undefined };
  return { content: { kind: 'answer', rrsets: fetched.rrsets }, authority, zone, server, rest: undefined };
}

/** Seconds a link may be believed by what it says of itself. */
export function ttlOf({ content, authority }: RawLink): number {
  switch (content.kind) {
    case 'answer':
      return Math.min(...content.rrsets.map((rrset) => rrset.ttl));
    case 'alias':
      return content.alias.cname.ttl;
    case 'nodata':
    case 'nxdomain':
      return denialTtl(authority);
  }
}

function toLookedUp({ content, authority, zone, server }: RawLink, cached = false): LookedUp {
  switch (content.kind) {
    case 'answer': {
      const [rrset] = content.rrsets;
      if (!rrset) return { kind: 'nodata', authority, zone, server, cached };
      return { kind: 'rrset', rrset, proof: authority, zone, server, cached };
    }
    case 'alias':
      return { kind: 'rrset', rrset: content.alias.dname ?? content.alias.cname, proof: authority, zone, server, cached };
    case 'nodata':
    case 'nxdomain':
      return { kind: content.kind, authority, zone, server, cached };
  }
}
