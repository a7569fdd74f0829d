/** Follows a question through its aliases to a Resolution: one link after another, the verdict of the whole the worst of its links. */

import { clientLimits, describeLimit, type Limit } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import type { Question, RRset } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import { SECURE, type Validation, worseOf } from '../base/validation.ts';
import type { Work } from '../base/work.ts';
import type { Fetched } from '../iterator/iterate.ts';
import type { Alias } from '../iterator/response-class.ts';
import type { LinkSource } from './judge.ts';
import { isFailed, type JudgedLink } from './link.ts';
import type { LinkStore } from './link-store.ts';
import type { AliasLink, Resolution, ResolutionKind } from './resolution.ts';

/** @throws {BudgetExceeded} */
export async function follow(question: Question, judge: LinkSource, work: Work): Promise<Resolution> {
  const chain = new Chain(question);
  let carried: Fetched | undefined;
  for (;;) {
    const step = await judge.get(chain.name, question.qtype, carried, work);
    if (isFailed(step)) return failed(question, step.failure);
    const resolution = chain.add(step.link);
    if (resolution) return resolution;
    work.spend('aliases');
    carried = step.rest;
  }
}

/** The same at once, where `find` has every link; most questions are such. */
export function followCached(question: Question, find: (name: Name) => JudgedLink | undefined): Resolution | undefined {
  const chain = new Chain(question);
  for (let links = 0; links <= clientLimits.aliases; links++) {
    const link = find(chain.name);
    const resolution = link && chain.add(link);
    if (!link || resolution) return resolution;
  }
  return undefined;
}

/** Finds links with their verdicts in the cache; `elsewhere` is asked for what it holds nothing of. */
export function judgedIn(store: LinkStore, type: number, now: number, elsewhere?: (name: Name) => JudgedLink | undefined) {
  return (name: Name): JudgedLink | undefined => {
    const stored = store.findAnswer(name, type, now);
    if (!stored) return elsewhere?.(name);
    return stored.validation && { ...stored, validation: stored.validation, cached: true };
  };
}

/** The links of one resolution so far, and where the next one is to be looked for. */
class Chain {
  name: Name;
  readonly #question: Question;
  readonly #seen = new Set<string>();
  readonly #answer: RRset[] = [];
  readonly #authority: RRset[] = [];
  readonly #aliases: AliasLink[] = [];
  #validation: Validation = SECURE;
  #cached = true;
  #isSynthesised = false;
  #isStale = false;
  #expires = Number.POSITIVE_INFINITY;

  constructor(question: Question) {
    this.#question = question;
    this.name = question.qname;
  }

  /** Takes a link; the Resolution where it was the last. Behind an alias that did not validate nothing can become secure (RFC 4035 §5.5). */
  add({ content, authority, validation, cached, isSynthesised, isStale, expires }: JudgedLink): Resolution | undefined {
    this.#validation = worseOf(this.#validation, validation);
    this.#cached &&= cached;
    this.#isSynthesised ||= isSynthesised ?? false;
    this.#isStale ||= isStale ?? false;
    this.#expires = Math.min(this.#expires, expires);
    for (const rrset of authority) if (!this.#authority.includes(rrset)) this.#authority.push(rrset);
    switch (content.kind) {
      case 'answer':
        this.#answer.push(...content.rrsets);
        return this.#finish(content.rrsets.length > 0 ? 'answer' : 'nodata', validation);
      case 'nodata':
      case 'nxdomain':
        return this.#finish(content.kind, validation);
      case 'alias':
        return this.#follow(content.alias, validation);
    }
  }

  #follow({ owner, target, cname, dname }: Alias, validation: Validation): Resolution | undefined {
    if (dname) this.#answer.push(dname);
    this.#answer.push(cname);
    this.#aliases.push({ owner, target, validation });
    // Asked for itself: a CNAME that a DNAME makes is an alias to the iterator, and the answer to the client.
    if (this.#question.qtype === Type.CNAME) return this.#finish('answer', validation);
    this.#seen.add(this.name.key);
    this.name = target;
    if (!this.#seen.has(target.key)) return undefined;
    return failed(this.#question, { state: 'indeterminate', reason: 'servers-failing', detail: 'its aliases go in a circle' });
  }

  #finish(kind: ResolutionKind, lastValidation: Validation): Resolution {
    return {
      question: this.#question,
      kind,
      answer: this.#answer,
      authority: this.#authority,
      validation: this.#validation,
      aliases: this.#aliases,
      lastValidation,
      cached: this.#cached,
      ...(this.#isSynthesised ? { isSynthesised: true } : {}),
      ...(this.#isStale ? { isStale: true } : {}),
      expires: this.#expires,
    };
  }
}

/** A Resolution without data: what was asked could not be had. */
export function failed(question: Question, validation: Extract<Validation, { readonly state: 'indeterminate' }>): Resolution {
  return {
    question,
    kind: 'failure',
    answer: [],
    authority: [],
    validation,
    aliases: [],
    lastValidation: validation,
    cached: false,
    expires: 0,
  };
}

/** What a spent limit comes to. */
export function limitSpent(question: Question, limit: Limit): Resolution {
  return failed(question, { state: 'indeterminate', reason: 'limit-spent', detail: describeLimit(limit) });
}
