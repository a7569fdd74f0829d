/**
 * Stale answers (RFC 8767): data past its TTL for a client whose question could not be resolved, because nobody could be reached who
 * knows. Never where the zone's servers gave anything else: an answer, though it be without TTL, takes the place of what was known, and
 * a bogus one takes it away; a spent limit lets nothing old out. So whoever can only silence servers gains no more than a day.
 *
 * What was secure is served while all its signatures, those of its proofs included, are within their time, and then not at all: nothing
 * that had a proof becomes an answer without one. Of all that is remembered of a name the newest counts, and an NXDOMAIN counts for the
 * names below it, so what a denial ended does not come back when the denial has expired too.
 *
 * Nothing is given against what the chain of trust has learned since (stale-trust.ts): no unsigned answer of a zone that is signed now, and
 * none by a key that was withdrawn.
 *
 * Limits: never stale are NS, DS, DNSKEY and what speaks for them, for old ones would prolong delegations and keys; nor what only a
 * negative trust anchor let pass, nor an alias that a DNAME makes. The resolver itself rests on nothing stale: not for servers, not for
 * keys. Whoever wants stale answers must say so, which the DANE check does not.
 */

import { ancestor, type Name } from '../base/name.ts';
import { type Question, type RRset, rrKey, withTtl } from '../base/record.ts';
import { isMetaType, Type } from '../base/registry.ts';
import { isServable } from '../base/validation.ts';
import type { Shared, Work } from '../base/work.ts';
import type { DenialEntry } from '../cache/denial-cache.ts';
import { isAnswerRank, type RRsetEntry } from '../cache/rrset-cache.ts';
import { type Timed, TimedStore } from '../cache/timed-store.ts';
import type { Fetched } from '../iterator/iterate.ts';
import { targetOf } from '../iterator/response-class.ts';
import { serialDistance, tryReadRrsig } from '../wire/rdata/rrsig.ts';
import { withDeadline } from './deadline.ts';
import { followCached, judgedIn } from './follow.ts';
import type { LinkSource, LinkStep } from './judge.ts';
import { type FailedLink, isFailed, isUnfetched, type JudgedLink, type LinkContent } from './link.ts';
import type { LinkStore } from './link-store.ts';
import type { Resolution } from './resolution.ts';
import { StaleTrust, type TrustMemory } from './stale-trust.ts';

/** Seconds: the TTL of stale records (RFC 8767 §4), and how long a name is left alone after a refresh that failed (§5, at least 30). */
const STALE_TTL = 30;
const RECHECK_SECONDS = 30;
/** Milliseconds that a client waits for a refresh (RFC 8767 §5). */
export const CLIENT_TIMER_MS = 1_800;
/** Resolutions that may go on when their clients have been answered. Each ends by its own deadline; further clients wait for the outcome. */
const MAX_BEHIND = 1_000;
/** Share of the cache memory for the names that are left alone. */
export const STALE_SHARE = 0.02;
const NOTE_OCTETS = 250;

const neverStale: ReadonlySet<number> = new Set([Type.NS, Type.DS, Type.DNSKEY, Type.CDS, Type.CDNSKEY, Type.RRSIG, Type.NSEC]);

export interface StaleDeps {
  readonly store: LinkStore;
  readonly judge: LinkSource;
  /** Undefined where nothing is validated. */
  readonly trust?: TrustMemory | undefined;
  readonly maxOctets: number;
  /** Seconds past its expiry that data may be used. */
  readonly maxAge: number;
  /** Seconds since the epoch: cache ages. */
  readonly now: () => number;
  /** Seconds since the epoch: signature windows. */
  readonly signatureTime: () => number;
}

type Known = RRsetEntry | DenialEntry;

/** A source of links above another. */
export class StaleLinks {
  readonly #deps: StaleDeps;
  readonly #trust: StaleTrust | undefined;
  readonly #unfetched: TimedStore<Timed>;
  readonly #behind = new Set<Promise<unknown>>();

  constructor(deps: StaleDeps) {
    this.#deps = deps;
    const { maxOctets, trust } = deps;
    this.#trust = trust && new StaleTrust(trust);
    this.#unfetched = new TimedStore({ maxOctets, maxEntryOctets: 4_096, octetsOf: () => NOTE_OCTETS });
  }

  get octets(): number {
    return this.#unfetched.octets;
  }

  /** The link that `judge` gives, or a stale one where it cannot; for half a minute after that it is not asked. @throws {BudgetExceeded} */
  async get(name: Name, type: number, carried: Fetched | undefined, work: Work): Promise<LinkStep | FailedLink> {
    const { store, judge, now } = this.#deps;
    const key = rrKey(name, type);
    const isLeftAlone = this.#unfetched.get(key, now()) !== undefined && !store.findAnswer(name, type, now());
    const known = isLeftAlone ? this.#find(name, type, now()) : undefined;
    if (known) return { link: known, rest: undefined };
    const step = await judge.get(name, type, carried, work);
    const link = isFailed(step) && isUnfetched(step) ? this.#find(name, type, now()) : undefined;
    if (!link) return step;
    this.#unfetched.put(key, { received: now(), expires: now() + RECHECK_SECONDS }, now());
    return { link, rest: undefined };
  }

  /** The answer that a client gets when it has waited long enough for `resolving`, which goes on; undefined where that ended in time. */
  async whenItTakesLong(question: Question, resolving: Promise<Shared<Resolution>>): Promise<Resolution | undefined> {
    if (!this.#known(question)) return undefined;
    if ((await withDeadline(resolving, CLIENT_TIMER_MS)) !== undefined) return undefined;
    const isRoom = this.#behind.has(resolving) || this.#behind.size < MAX_BEHIND;
    const answer = isRoom ? this.#known(question) : undefined;
    if (!answer) return undefined;
    this.#behind.add(resolving);
    const end = () => void this.#behind.delete(resolving);
    resolving.then(end, end);
    return answer;
  }

  clear(): void {
    this.#unfetched.clear();
  }

  /** What the caches say, fresh or stale, where that makes an answer. */
  #known(question: Question): Resolution | undefined {
    const now = this.#deps.now();
    const find = judgedIn(this.#deps.store, question.qtype, now, (name) => this.#find(name, question.qtype, now));
    const resolution = followCached(question, find);
    return resolution?.kind !== 'failure' && resolution && isServable(resolution.validation) ? resolution : undefined;
  }

  #find(name: Name, type: number, now: number): JudgedLink | undefined {
    if (neverStale.has(type) || isMetaType(type)) return undefined;
    const entry = this.#newest(name, type, now);
    const ttl = entry ? this.#ttlOf(entry, now) : 0;
    const content = entry && ttl > 0 ? contentOf(entry, name, type, ttl) : undefined;
    if (!entry?.validation || !content) return undefined;
    const authority = proofOf(entry).map((rrset) => withTtl(rrset, ttl));
    const { zone, server, validation, received } = entry;
    const isNameError = content.kind === 'nxdomain';
    if (this.#trust?.isEnded(name, { validation, rrsets: rrsetsOf(entry), isNameError, received })) return undefined;
    return { content, authority, zone, server, validation, expires: now + ttl, cached: true, isStale: true };
  }

  /** What was learned last of that type at that name; nothing where two things were learned in one second, or a later one ended it. */
  #newest(name: Name, type: number, now: number): Known | undefined {
    const { rrsets, denials } = this.#deps.store;
    const types = type === Type.CNAME ? [type] : [type, Type.CNAME];
    const data = types.map((one) => rrsets.recall(name, one, now)).filter((entry) => entry !== undefined);
    const [last, second] = [...data, ...denials.recall(name, type, now)].toSorted((a, b) => b.received - a.received);
    if (!last || second?.received === last.received) return undefined;
    const isNameError = 'kind' in last && last.kind === 'nxdomain';
    for (let labels = name.labels - 1; labels > 0; labels--) {
      const above = ancestor(name, labels);
      const isEnded = (by: Known | undefined) => by?.validation && isServable(by.validation) && by.received >= last.received;
      if (isEnded(rrsets.recall(above, Type.DNAME, now))) return undefined;
      if (!isNameError && isEnded(denials.recallNameError(above, now))) return undefined;
    }
    return last;
  }

  /** Seconds that it may be given for; 0 where not at all. */
  #ttlOf(entry: Known, now: number): number {
    const { validation, expires } = entry;
    const left = Math.min(STALE_TTL, expires + this.#deps.maxAge - now);
    switch (validation?.state) {
      case 'secure':
        return Math.min(left, signedFor(rrsetsOf(entry), this.#deps.signatureTime()));
      case 'insecure':
        return validation.reason === 'negative-trust-anchor' ? 0 : left;
      default:
        return 0;
    }
  }
}

function proofOf(entry: Known): readonly RRset[] {
  return 'rrset' in entry ? entry.proof : entry.authority;
}

/** All that it rests on. */
function rrsetsOf(entry: Known): readonly RRset[] {
  return 'rrset' in entry ? [entry.rrset, ...entry.proof] : entry.authority;
}

/** A client's answer: data of an answer's rank, the alias in its place, or a denial with its SOA (RFC 2308 §5). */
function contentOf(entry: Known, name: Name, type: number, ttl: number): LinkContent | undefined {
  if ('kind' in entry) return entry.authority.some((rrset) => rrset.type === Type.SOA) ? { kind: entry.kind } : undefined;
  if (!isAnswerRank(entry.rank)) return undefined;
  const rrset = withTtl(entry.rrset, ttl);
  if (rrset.type === type) return { kind: 'answer', rrsets: [rrset] };
  const target = targetOf(rrset);
  return target && { kind: 'alias', alias: { owner: name, target, cname: rrset, dname: undefined } };
}

/** Seconds until the first of all these signatures ends; 0 where one is not within its time, or an RRset has none. */
function signedFor(rrsets: readonly RRset[], at: number): number {
  let left = Number.POSITIVE_INFINITY;
  for (const { signatures } of rrsets) {
    if (signatures.length === 0) return 0;
    for (const signature of signatures) left = Math.min(left, timeLeft(signature, at));
  }
  return left;
}

function timeLeft(signature: Uint8Array, at: number): number {
  const rrsig = tryReadRrsig(signature);
  const moment = Math.floor(at);
  if (!rrsig || serialDistance(rrsig.inception, moment) < 0) return 0;
  return Math.max(0, serialDistance(moment, rrsig.expiration));
}
