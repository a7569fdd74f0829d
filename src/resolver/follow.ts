/** Follows a question through its aliases to a Resolution: one link after another, the verdict of the whole the worst of its links. */

import type { BudgetExceeded } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import type { Question, RRset } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import { SECURE, type Validation, worseOf } from '../base/validation.ts';
import type { Work } from '../base/work.ts';
import type { Fetched } from '../iterator/iterate.ts';
import type { LinkJudge } from './judge.ts';
import { isFailed } from './link.ts';
import type { AliasLink, Resolution, ResolutionKind } from './resolution.ts';

interface Gathered {
  readonly answer: RRset[];
  readonly authority: RRset[];
  readonly aliases: AliasLink[];
  validation: Validation;
  cached: boolean;
  expires: number;
}

/** @throws {BudgetExceeded} */
export async function follow(question: Question, judge: LinkJudge, work: Work): Promise<Resolution> {
  const gathered: Gathered = {
    answer: [],
    authority: [],
    aliases: [],
    validation: SECURE,
    cached: true,
    expires: Number.POSITIVE_INFINITY,
  };
  const seen = new Set<string>();
  let name: Name = question.qname;
  let carried: Fetched | undefined;
  for (;;) {
    if (seen.has(name.key))
      return failed(question, { state: 'indeterminate', reason: 'servers-failing', detail: 'its aliases go in a circle' });
    seen.add(name.key);
    const step = await judge.get(name, question.qtype, carried, work);
    if (isFailed(step)) return failed(question, step.failure);
    const { link } = step;
    gathered.validation = worseOf(gathered.validation, link.validation);
    gathered.cached &&= link.cached;
    gathered.expires = Math.min(gathered.expires, link.expires);
    gathered.authority.push(...link.authority.filter((rrset) => !gathered.authority.includes(rrset)));
    switch (link.content.kind) {
      case 'answer':
        gathered.answer.push(...link.content.rrsets);
        return finish(question, link.content.rrsets.length > 0 ? 'answer' : 'nodata', gathered, link.validation);
      case 'nodata':
      case 'nxdomain':
        return finish(question, link.content.kind, gathered, link.validation);
      case 'alias': {
        const { alias } = link.content;
        if (alias.dname) gathered.answer.push(alias.dname);
        gathered.answer.push(alias.cname);
        gathered.aliases.push({ owner: alias.owner, target: alias.target, validation: link.validation });
        // Asked for itself: a CNAME that a DNAME makes is an alias to the iterator, and the answer to the client.
        if (question.qtype === Type.CNAME) return finish(question, 'answer', gathered, link.validation);
        work.spend('aliases');
        // Behind an alias that did not validate nothing can become secure, and the client may not have it (RFC 4035 §5.5).
        name = alias.target;
        carried = step.rest;
      }
    }
  }
}

function finish(question: Question, kind: ResolutionKind, gathered: Gathered, lastValidation: Validation): Resolution {
  const { answer, authority, aliases, validation, cached, expires } = gathered;
  return { question, kind, answer, authority, aliases, validation, lastValidation, cached, expires };
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
export function limitSpent(question: Question, limit: BudgetExceeded['limit']): Resolution {
  return failed(question, { state: 'indeterminate', reason: 'limit-spent', detail: `the limit on ${limit} is spent` });
}
