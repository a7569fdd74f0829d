/** Gets a link and has it judged: cached verdicts first, and other servers' data where what one gave is bogus (RFC 4035 §5.5). */

import type { Name } from '../base/name.ts';
import { type RRset, withTtl } from '../base/record.ts';
import { isServable, SECURE, type Validation, worseOf } from '../base/validation.ts';
import type { Work } from '../base/work.ts';
import type { Fetched } from '../iterator/iterate.ts';
import { MAX_SERVERS_ASKED } from '../validator/looked-up.ts';
import type { Validator } from '../validator/validate.ts';
import { type FetchedLink, type Fetcher, firstLink, ttlOf } from './fetcher.ts';
import { type FailedLink, isFailed, type JudgedLink, type LinkContent, type RawLink } from './link.ts';
import type { LinkStore } from './link-store.ts';
import type { Synthesiser } from './synthesise.ts';

export interface LinkJudgeDeps {
  readonly store: LinkStore;
  readonly fetcher: Fetcher;
  /** Undefined where validation is off: then all is insecure. */
  readonly validator: Validator | undefined;
  /** Undefined: what the cache proves answers only what was asked. */
  readonly synthesiser?: Synthesiser | undefined;
  readonly now: () => number;
}

/** A judged link and what of the same response may serve for the next one. */
export interface LinkStep {
  readonly link: JudgedLink;
  readonly rest: Fetched | undefined;
}

/** Whatever has the links that a question is followed through. */
export type LinkSource = Pick<LinkJudge, 'get'>;

interface Verdict {
  readonly validation: Validation;
  /** Seconds, by the records and their proof. */
  readonly ttl: number;
  readonly content: LinkContent;
  /** What of the authority section goes with it. */
  readonly authority: readonly RRset[];
}

export class LinkJudge {
  readonly #deps: LinkJudgeDeps;

  constructor(deps: LinkJudgeDeps) {
    this.#deps = deps;
  }

  /**
   * The link at `name`.
   * @param carried the rest of an earlier response, if it begins here
   * @throws {BudgetExceeded}
   */
  async get(name: Name, type: number, carried: Fetched | undefined, work: Work): Promise<LinkStep | FailedLink> {
    const cached = await this.#fromCache(name, type, work);
    if (cached) return { link: cached, rest: undefined };
    const synthesised = await this.#synthesise(name, type, work);
    if (synthesised) return { link: synthesised, rest: undefined };
    const failed = this.#deps.store.failures.get(name, type, this.#deps.now());
    if (failed) return { failure: failed.validation };

    // What came along with an earlier answer saves a question where it holds; where it does not, it was never asked for.
    const along = carried && (await this.#judgeCarried(name, type, carried, work));
    if (along) return along;
    const avoid = new Set<string>();
    let first: { readonly fetched: FetchedLink; readonly verdict: Verdict } | undefined;
    let fetched = await this.#deps.fetcher.fetch(name, type, avoid, work);
    for (;;) {
      if (isFailed(fetched)) return first ? this.#step(name, type, first.fetched, first.verdict) : fetched;
      const verdict = await this.#verdict(name, type, fetched, work);
      if (verdict.validation.state !== 'bogus') return this.#step(name, type, fetched, verdict);
      // Bogus is remembered only where no other server gave better.
      first ??= { fetched, verdict };
      this.#deps.store.dropExpired(name, type, this.#deps.now());
      const server = fetched.server;
      if (server === undefined || avoid.has(server) || avoid.size + 1 >= MAX_SERVERS_ASKED) {
        return this.#step(name, type, first.fetched, first.verdict);
      }
      avoid.add(server);
      work.trace?.({ event: 'retry-after-bogus', qname: name, qtype: type, server });
      fetched = await this.#deps.fetcher.fetch(name, type, avoid, work);
    }
  }

  /**
   * Fetches a link anew before its time is over. Only what is as good as what stands there takes its place; after anything else all is
   * as if nobody had asked.
   * @returns whether it was kept
   * @throws {BudgetExceeded}
   */
  async refresh(name: Name, type: number, work: Work): Promise<boolean> {
    const { fetcher, store, now } = this.#deps;
    const avoid = new Set<string>();
    while (avoid.size < MAX_SERVERS_ASKED) {
      const fetched = await fetcher.fetchUnasked(name, type, avoid, work);
      if (isFailed(fetched)) return false;
      const verdict = await this.#verdict(name, type, fetched, work);
      const { state } = verdict.validation;
      if (state === 'secure' || (state === 'insecure' && store.findAnswer(name, type, now())?.validation?.state !== 'secure')) {
        this.#keep(name, type, fetched, verdict);
        return true;
      }
      if (state !== 'bogus' || fetched.server === undefined || avoid.has(fetched.server)) return false;
      avoid.add(fetched.server);
    }
    return false;
  }

  #step(name: Name, type: number, fetched: FetchedLink, verdict: Verdict): LinkStep {
    return { link: this.#keep(name, type, fetched, verdict), rest: fetched.rest };
  }

  async #judgeCarried(name: Name, type: number, carried: Fetched, work: Work): Promise<LinkStep | undefined> {
    const raw = firstLink(carried);
    if (isFailed(raw)) return undefined;
    const { validation, ...judged } = await this.#verdict(name, type, raw, work);
    return isServable(validation) ? this.#step(name, type, raw, { validation, ...judged }) : undefined;
  }

  async #fromCache(name: Name, type: number, work: Work): Promise<JudgedLink | undefined> {
    const stored = this.#deps.store.findAnswer(name, type, this.#deps.now());
    if (!stored) return undefined;
    work.trace?.({ event: 'cache-hit', qname: name, qtype: type });
    if (stored.validation) return { ...stored, validation: stored.validation, cached: true };
    const verdict = await this.#verdict(name, type, stored, work);
    return verdict.validation.state === 'bogus' ? undefined : this.#keep(name, type, stored, verdict);
  }

  /** What the cache proves, if it stands before the validator. Not kept: what it is made of is, and random names would fill the cache. */
  async #synthesise(name: Name, type: number, work: Work): Promise<JudgedLink | undefined> {
    const { synthesiser, store, now } = this.#deps;
    const proposal = synthesiser?.propose(name, type, work.spend, now());
    if (!proposal) return undefined;
    const { validation, ttl, content, authority } = await this.#verdict(name, type, proposal, work);
    const lifetime = store.lifetime(ttl, validation);
    if (validation.state !== 'secure' || lifetime <= 0) return undefined;
    work.trace?.({ event: 'cache-hit', qname: name, qtype: type });
    store.dropExpired(name, type, now());
    const timed = { content: withTtls(content, lifetime), authority: authority.map((rrset) => withTtl(rrset, lifetime)) };
    const { zone, server } = proposal;
    return { ...timed, zone, server, validation, expires: now() + lifetime, cached: true, isSynthesised: true };
  }

  /** Keeps a judged link; its TTLs are from now on those of the cache, for the first to ask as for the next. */
  #keep(name: Name, type: number, raw: RawLink, { validation, ttl, content, authority }: Verdict): JudgedLink {
    const { store, now } = this.#deps;
    const lifetime = store.lifetime(ttl, validation);
    const link: RawLink = {
      content: withTtls(content, lifetime),
      authority: authority.map((rrset) => withTtl(rrset, lifetime)),
      zone: raw.zone,
      server: raw.server,
    };
    store.keep(name, type, link, lifetime, validation, now());
    if (validation.state === 'secure') this.#deps.synthesiser?.learn(link, now() + lifetime, now());
    // That nothing could be judged holds for this moment alone.
    const expires = validation.state === 'indeterminate' ? now() : now() + lifetime;
    return { ...link, validation, expires, cached: false };
  }

  async #verdict(name: Name, type: number, raw: RawLink, work: Work): Promise<Verdict> {
    const { validator } = this.#deps;
    const { content, authority, zone } = raw;
    if (!validator) {
      const validation = { state: 'insecure', zone, reason: 'validation-disabled' } as const;
      return { validation, ttl: ttlOf(raw), content, authority };
    }
    switch (content.kind) {
      case 'nodata':
      case 'nxdomain': {
        const { validation, ttl, proof } = await validator.judgeDenial(content.kind, name, type, zone, authority, work);
        return { validation, ttl, content, authority: proof };
      }
      case 'alias': {
        const { cname, dname } = content.alias;
        const { validation, ttl, proof } = dname
          ? await validator.judgeDname(dname, name, zone, authority, work)
          : await validator.judgeRRset(cname, zone, authority, work);
        return { validation, ttl, content, authority: proof };
      }
      case 'answer': {
        // Nothing at all is no proof of anything; the fetcher lets no such answer through.
        let validation: Validation = content.rrsets.length > 0 ? SECURE : { state: 'indeterminate', reason: 'servers-failing' };
        let ttl = Number.POSITIVE_INFINITY;
        const proofs = new Set<RRset>();
        for (const rrset of content.rrsets) {
          const verdict = await validator.judgeRRset(rrset, zone, authority, work);
          validation = worseOf(validation, verdict.validation);
          ttl = Math.min(ttl, verdict.ttl);
          for (const record of verdict.proof) proofs.add(record);
        }
        return { validation, ttl, content, authority: [...proofs] };
      }
    }
  }
}

function withTtls(content: LinkContent, ttl: number): LinkContent {
  switch (content.kind) {
    case 'answer':
      return { kind: 'answer', rrsets: content.rrsets.map((rrset) => withTtl(rrset, ttl)) };
    case 'alias': {
      const { cname, dname } = content.alias;
      return { kind: 'alias', alias: { ...content.alias, cname: withTtl(cname, ttl), dname: dname && withTtl(dname, ttl) } };
    }
    case 'nodata':
    case 'nxdomain':
      return content;
  }
}
