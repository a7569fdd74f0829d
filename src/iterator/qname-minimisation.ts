/**
 * Which name to ask a zone's servers for (RFC 9156): no more labels than they need to refer us on. Relaxed: what goes wrong with a
 * minimised question is asked again in full (§2.3, §4).
 */

import { ancestor, type Name } from '../base/name.ts';
import type { Question } from '../base/record.ts';
import { Type } from '../base/registry.ts';

/** MAX_MINIMISE_COUNT and MINIMISE_ONE_LAB of RFC 9156 §2.3. */
const MAX_MINIMISED_QUESTIONS = 10;
const ONE_LABEL_QUESTIONS = 4;
const UNDERSCORE = 0x5f;

/**
 * The next question to ask. At a zone cut both sides have an NSEC RRset, and a server of the parent may answer with its own where it
 * should refer us on (RFC 4035 §3.1.4): NSEC is asked of a zone only once the name is known to be inside it.
 * @param question what is wanted in the end
 * @param knownLabels labels of the longest ancestor of QNAME known to be inside the zone, the apex at first
 * @param asked minimised questions asked so far for `question`, in all zones
 */
export function minimise(question: Question, knownLabels: number, asked: number): Question {
  const missing = question.qname.labels - knownLabels;
  const last = missing > 0 && question.qtype === Type.NSEC ? { ...question, qtype: Type.A } : question;
  if (missing <= 1 || asked >= MAX_MINIMISED_QUESTIONS) return last;
  const step = asked < ONE_LABEL_QUESTIONS ? 1 : Math.ceil(missing / (MAX_MINIMISED_QUESTIONS - asked));
  if (step >= missing) return last;
  const qname = ancestor(question.qname, knownLabels + step);
  // A name that starts with an underscore is seldom a zone cut, and its labels are not worth a question each (RFC 9156 §2.3).
  if (startsWithUnderscore(qname)) return last;
  return { qname, qtype: Type.A, qclass: question.qclass };
}

function startsWithUnderscore(name: Name): boolean {
  return name.wire[1] === UNDERSCORE;
}
