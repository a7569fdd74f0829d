/** The resolver: puts caches, iterator and validator together, one question in and one Resolution out (design: never later than its deadline). */

import { performance } from 'node:perf_hooks';
import { clientLimits, type Limits, sharedLimits } from '../base/budget.ts';
import { isBelow, isWithin, type Name, parseName, ROOT } from '../base/name.ts';
import type { Question } from '../base/record.ts';
import { Class, Type } from '../base/registry.ts';
import type { TrustAnchor } from '../base/trust-anchor.ts';
import type { Shared, Work } from '../base/work.ts';
import { DelegationCache } from '../cache/delegation-cache.ts';
import { ServerCache } from '../cache/server-cache.ts';
import { createVerifier } from '../crypto/verifier.ts';
import type { DnssecPolicy } from '../dnssec/context.ts';
import type { IteratorDeps } from '../iterator/iterate.ts';
import { prime } from '../iterator/priming.ts';
import { configuredServers } from '../iterator/zone-servers.ts';
import { ChainOfTrust } from '../validator/chain-of-trust.ts';
import type { ValidatorDeps } from '../validator/looked-up.ts';
import { Validator } from '../validator/validate.ts';
import { keyTag } from '../wire/rdata/dnskey.ts';
import { readDs } from '../wire/rdata/ds.ts';
import { ClockDoubt, describeOffset, failedOnDates } from './clock-doubt.ts';
import { hintServers, isRootConfigured, keepStubs, unvalidatedZones } from './configured.ts';
import { withDeadline } from './deadline.ts';
import { fetchKeys } from './fetch-keys.ts';
import { Fetcher } from './fetcher.ts';
import { figuresOf, sumOf } from './figures.ts';
import { failed, follow, followCached, judgedIn, limitSpent } from './follow.ts';
import { InFlight } from './in-flight.ts';
import { LinkJudge } from './judge.ts';
import { LinkStore } from './link-store.ts';
import { NegativeAnchors } from './negative-anchors.ts';
import { PREFETCH_SHARE, Prefetcher } from './prefetch.ts';
import type { LiveResolver, Resolution, ResolveOptions } from './resolution.ts';
import type { Readiness, ResolverDeps } from './settings.ts';
import { STALE_SHARE, StaleLinks } from './stale.ts';
import { makeSynthesiser, SPAN_SHARE } from './synthesise.ts';
import { Turns } from './turns.ts';

/** Milliseconds one client query may take, whatever upstream does. */
const DEADLINE_MS = 8_000;
/** The work itself ends a little earlier, so that it can say what it was waiting for. */
const MARGIN_MS = 300;
const NO_ROOT_SERVER = 'no root server of the hints answers in time; is port 53 open to the outside, over UDP and TCP?';
/** Zones of which any two speak for the clock; each lies in a server's home of its own. */
const CLOCK_ZONES = ['com.', 'org.', 'arpa.', 'nl.'];

interface AnchorCheck {
  /** What does not validate, a sentence each. */
  readonly reasons: string[];
  readonly failedByDates: boolean;
}

const ROOT_SILENT: AnchorCheck = { reasons: [NO_ROOT_SERVER], failedByDates: false };
const RFC9905_PUBLISHED = Date.UTC(2025, 10, 1) / 1000;
/** Share of the cache memory that delegations get. */
const DELEGATION_SHARE = 0.06;

/** Makes a resolver. It sends nothing before it is asked. */
export function createResolver(deps: ResolverDeps): LiveResolver {
  const { settings, now } = deps;
  const anchors = deps.anchors ?? (() => settings.anchors);
  const maxStale = settings.maxStale ?? 0;
  const shareOf = (share: number) => Math.floor(settings.maxCacheOctets * share);
  const store = new LinkStore({
    maxOctets: shareOf(1 - DELEGATION_SHARE - SPAN_SHARE - (maxStale > 0 ? STALE_SHARE : 0) - (settings.prefetch ? PREFETCH_SHARE : 0)),
    minTtl: settings.minTtl,
    maxTtl: settings.maxTtl,
    isAnchoredBelow: (name, owner) => anchors().some(({ zone }) => isBelow(zone, owner) && isWithin(name, zone)),
  });
  const delegations = new DelegationCache({ maxOctets: shareOf(DELEGATION_SHARE), maxTtl: settings.maxTtl });
  keepStubs(delegations, settings);
  const servers = new ServerCache();
  const turns = new Turns(deps.turns ?? { monotonicMs: () => performance.now(), afterOthers: setImmediate });
  const inFlight = new InFlight({ monotonicMs: () => performance.now(), sharedDeadlineMs: DEADLINE_MS, onLimit: deps.onLimit, turns });
  const upstream = { queries: 0 };
  const clock = new ClockDoubt();
  const exchange: typeof deps.exchange = (query) => {
    upstream.queries++;
    return deps.exchange(query);
  };

  const hints = hintServers(settings);
  const { caseRandomisation, cookies } = settings;
  const asking = { exchange, servers, now, caseRandomisation, cookies, randomInt: deps.randomInt };
  const iterator: IteratorDeps = {
    ...asking,
    upstreamPort: settings.upstreamPort,
    addressFilter: settings,
    delegations,
    hints,
    qnameMinimisation: settings.qnameMinimisation,
    configured: [
      ...settings.forward.map(({ zone, servers: to, first }) => ({ zone, servers: configuredServers(zone, to, true, first) })),
      ...settings.stub.map(({ zone, servers: to, first }) => ({ zone, servers: configuredServers(zone, to, false, first) })),
    ],
    addressesOf: (name, work) => fetcher.addressesOf(name, settings, work),
    zoneOfCached: (name) => fetcher.zoneOfCached(name),
    keepMinimised: (question, fetched) => fetcher.keepUnasked(question, fetched),
    keepReferralProof: (child, zone, authority, server) => store.keepReferralProof(child, zone, authority, server, now()),
  };
  const fetcher: Fetcher = new Fetcher(store, now, () => iterator);
  const chainDeps: ValidatorDeps = {
    verifier: createVerifier(),
    policy: () => policyAt(deps.signatureTime(), settings),
    now,
    signatureTime: deps.signatureTime,
    anchors,
    negativeTrustAnchors: () => negativeAnchors.standing(),
    lookUp: async (name, type, work, avoid) => {
      const found = await fetcher.lookUp(name, type, work, avoid);
      if (name.labels === 0 && found.kind === 'rrset') clock.hear([found.rrset], deps.signatureTime());
      return found;
    },
    forget: (name, type) => store.forget(name, type),
    nextKnownCut: (zone, target) => delegations.nextCut(zone, target, now()),
  };
  const chain = new ChainOfTrust(chainDeps);
  const validator = settings.validation ? new Validator(chain) : undefined;
  const synthesiser = settings.synthesis === false ? undefined : makeSynthesiser(settings, anchors, store);
  const judge = new LinkJudge({ store, fetcher, validator, synthesiser, now });
  const stale =
    maxStale > 0
      ? new StaleLinks({
          store,
          judge,
          trust: validator && chain,
          maxOctets: shareOf(STALE_SHARE),
          maxAge: maxStale,
          now,
          signatureTime: deps.signatureTime,
        })
      : undefined;
  const prefetcher = settings.prefetch
    ? new Prefetcher({ judge, maxOctets: shareOf(PREFETCH_SHARE), now, begin: inBackground, onPrefetch: deps.onPrefetch })
    : undefined;
  const unvalidated = unvalidatedZones(settings);
  const negativeAnchors = new NegativeAnchors({
    configured: [...settings.negativeTrustAnchors, ...unvalidated],
    now,
    validates: validatesUnexempted,
    onLifted: deps.onNegativeAnchorLifted,
  });

  let readiness: Readiness = { ready: false, reasons: ['the trust anchors are not checked yet'] };
  let preparing: Promise<Readiness> | undefined;

  /** Renews the root's servers in the background; until then the hints serve. */
  function keepPrimed(): void {
    if (settings.priming && !isRootConfigured(settings) && !delegations.get(ROOT, now())) {
      void inFlight.begin('priming', clientLimits, DEADLINE_MS, undefined, primeRoot);
    }
  }

  /** @returns whether a server of the hints answered */
  async function primeRoot(work: Work): Promise<boolean> {
    const delegation = await prime(hints, work, { ...asking, randomInt: deps.randomInt });
    if (delegation) delegations.put(delegation, now());
    return delegation !== undefined;
  }

  async function resolve(question: Question, options: ResolveOptions = {}): Promise<Resolution> {
    keepPrimed();
    const hit = options.trace ? undefined : cached(question);
    if (hit) return heedVerdict(hit);
    const older = options.acceptsStale ? stale : undefined;
    const end = performance.now() + (options.deadlineMs ?? DEADLINE_MS);
    // Who wants to hear what a resolution does needs one of its own.
    const key = options.trace ? Symbol() : `${older ? 'client' : 'query'}/${question.qclass}/${question.qtype}/${question.qname.key}`;
    const shared = inFlight.begin(key, clientLimits, DEADLINE_MS - MARGIN_MS, options.trace, (work) =>
      follow(question, older ?? judge, work),
    );
    const early = await older?.whenItTakesLong(question, shared);
    if (early) return early;
    const outcome = await withDeadline(shared, Math.max(0, end - performance.now()));
    if (outcome === undefined) {
      deps.onLimit?.('time');
      return limitSpent(question, 'time');
    }
    switch (outcome.outcome) {
      case 'done':
        return heedVerdict({ ...outcome.value, question });
      case 'limit-spent':
        return limitSpent(question, outcome.limit);
      case 'cycle':
        return failed(question, { state: 'indeterminate', reason: 'cyclic-dependency' });
    }
  }

  /** The whole answer where the cache has it; what in it is due to be fetched anew is begun. */
  function cached(question: Question): Resolution | undefined {
    const find = judgedIn(store, question.qtype, now());
    if (!prefetcher) return followCached(question, find);
    return followCached(question, (name) => {
      const link = find(name);
      if (link) prefetcher.heed(name, question.qtype, link);
      return link;
    });
  }

  function inBackground<T>(key: string, limits: Limits, run: (work: Work) => Promise<T>): Promise<Shared<T>> {
    return inFlight.begin(key, limits, DEADLINE_MS - MARGIN_MS, undefined, run);
  }

  /** Judges a zone's SOA, or what denies it, by memory of its own and as if no negative trust anchor stood. */
  async function validatesUnexempted(zone: Name): Promise<boolean> {
    const strict = new ChainOfTrust({ ...chainDeps, negativeTrustAnchors: () => unvalidated });
    const apart = new LinkStore({ maxOctets: 1_000_000, minTtl: 0, maxTtl: 0 });
    const strictly = new LinkJudge({ store: apart, fetcher, validator: new Validator(strict), now });
    const question = { qname: zone, qtype: Type.SOA, qclass: Class.IN };
    const outcome = await inFlight.begin(`unexempted/${zone.key}`, sharedLimits, DEADLINE_MS, undefined, (work) =>
      follow(question, strictly, work),
    );
    return outcome.outcome === 'done' && outcome.value.validation.state === 'secure';
  }

  /** What a verdict says beyond its question: of negative trust anchors, and of this machine's clock, which the answer then names. */
  function heedVerdict(resolution: Resolution): Resolution {
    const { validation } = resolution;
    negativeAnchors.heed(validation);
    if (validation.state === 'secure' && !resolution.isStale) clock.dismiss();
    if (validation.state !== 'bogus' || !failedOnDates(validation)) return resolution;
    clock.hear([...resolution.answer, ...resolution.authority], deps.signatureTime());
    const offset = clock.offset(deps.signatureTime());
    const detail = offset && `${describeOffset(offset)}${validation.detail ? `; ${validation.detail}` : ''}`;
    return detail ? { ...resolution, validation: { ...validation, detail } } : resolution;
  }

  /** Asks zones that have nothing to do with each other, for a clock that is wrong fails them all. */
  async function askWhetherClock(): Promise<void> {
    const ask = (name: string) => resolve({ qname: parseName(name), qtype: Type.SOA, qclass: Class.IN });
    if (settings.priming) await Promise.all(CLOCK_ZONES.map(ask));
  }

  async function checkAnchors(work: Work): Promise<AnchorCheck> {
    if (settings.priming && !isRootConfigured(settings) && !(await primeRoot(work))) return ROOT_SILENT;
    const reasons: string[] = [];
    let failedByDates = false;
    for (const { zone } of settings.validation ? anchors() : []) {
      const security = await chain.securityOf(zone, work);
      if (security.state === 'secure') clock.dismiss();
      else if (security.state === 'bogus' || security.state === 'indeterminate') {
        failedByDates ||= failedOnDates(security);
        reasons.push(`the keys of the trust anchor did not validate: ${security.reason}${security.detail ? ` (${security.detail})` : ''}`);
      }
    }
    return { reasons, failedByDates };
  }

  async function prepare(): Promise<Readiness> {
    preparing ??= (async () => {
      const shared = inFlight.begin('prepare', clientLimits, DEADLINE_MS, undefined, checkAnchors);
      const outcome = await withDeadline(shared, DEADLINE_MS);
      const { reasons, failedByDates } = outcome?.outcome === 'done' ? outcome.value : ROOT_SILENT;
      if (failedByDates) await askWhetherClock();
      readiness = { ready: reasons.length === 0, reasons };
      return readiness;
    })().finally(() => {
      preparing = undefined;
    });
    return preparing;
  }

  return {
    resolve,
    prepare,
    readiness() {
      const offset = clock.offset(deps.signatureTime());
      return offset ? { ready: false, reasons: [describeOffset(offset), ...readiness.reasons] } : readiness;
    },
    figures: () => figuresOf({ store, delegations, servers, chain }, sumOf(synthesiser, stale, prefetcher)),
    rootKeyTags: () => rootKeyTags(anchors()),
    async fetchKeys(zone, judge) {
      const outcome = await inFlight.begin(Symbol(), sharedLimits, DEADLINE_MS, undefined, (work) =>
        fetchKeys(zone, judge, work, { fetcher, store, context: (own) => chain.context(own), now }),
      );
      return outcome.outcome === 'done' && outcome.value;
    },
    anchorsChanged(change) {
      chain.clear();
      if (change === 'more') return;
      store.clear();
      stale?.clear();
    },
    upstreamQueries: () => upstream.queries,
  };
}

/**
 * What is supported, at the moment that signatures are judged at. RSASHA1 counts as unsupported since RFC 9905 (November 2025) has
 * operators treat it so; what was signed and judged before that was judged by other rules.
 */
function policyAt(signatureTime: number, settings: ResolverDeps['settings']): DnssecPolicy {
  return { sha1Signatures: settings.sha1Signatures || signatureTime < RFC9905_PUBLISHED, sha1Digest: settings.sha1Digest };
}

function rootKeyTags(anchors: readonly TrustAnchor[]): number[] {
  const root = anchors.filter(({ zone }) => zone.labels === 0);
  const tags = root.flatMap(({ ds, dnskeys }) => [...ds.map((rdata) => readDs(rdata).keyTag), ...dnskeys.map(keyTag)]);
  return [...new Set(tags)];
}
