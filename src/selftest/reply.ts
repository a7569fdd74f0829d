/** Asking a resolver as a client does, and what its replies say. Pure: whoever asks hands in how. */

import type { Name } from '../base/name.ts';
import type { Message, Question, RRset } from '../base/record.ts';
import { formatRcode, Rcode, Type } from '../base/registry.ts';
import { readEde } from '../wire/ede.ts';

export interface AskOptions {
  /** CD: data even where it does not validate (RFC 4035 §3.2.2). */
  readonly checkingDisabled?: boolean;
  readonly transport?: 'udp' | 'tcp';
  /** What we say we take over UDP, in octets; 1,232 unless told. */
  readonly udpSize?: number;
}

/** `silent`: no answer, or none that can be read. */
export type Reply = { readonly outcome: 'message'; readonly message: Message } | { readonly outcome: 'silent'; readonly why: string };

/** Asks with RD, AD and DO set; over TCP too where UDP gave a truncated reply, unless the transport is told. Never rejects. */
export type Ask = (question: Question, options?: AskOptions) => Promise<Reply>;

/** A reply may have thousands of them. */
const MAX_ERRORS = 4;

/** RCODE in words, and the extended errors beside it. */
export function describeReply(reply: Reply): string {
  if (reply.outcome === 'silent') return reply.why;
  const errors = (reply.message.edns?.options ?? [])
    .map(readEde)
    .filter((error) => error !== undefined)
    .slice(0, MAX_ERRORS);
  const told = errors.map(({ infoCode, extraText }) => `EDE ${infoCode}${extraText === '' ? '' : ` ${extraText}`}`).join(', ');
  return `${formatRcode(reply.message.rcode)}${told === '' ? '' : ` (${told})`}`;
}

/** The RRset that was asked for, at its owner or at the end of aliases. */
export function answerOf({ answer, question }: Message): RRset | undefined {
  return answer.find(({ type }) => type === question[0]?.qtype);
}

/** Whether the reply denies the name or the type with a signed NSEC or NSEC3. */
export function isProvenDenial({ rcode, authority }: Message): boolean {
  const proofs = authority.filter(({ type }) => type === Type.NSEC || type === Type.NSEC3);
  return (rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN) && proofs.some(({ signatures }) => signatures.length > 0);
}

/**
 * What a resolver says of a name.
 * - `failing`: no data, with CD neither: it is no matter of validation
 */
export type Verdict = 'secure' | 'insecure' | 'bogus' | 'failing' | 'silent';

export interface ZoneVerdict {
  readonly verdict: Verdict;
  readonly why: string;
  /** NXDOMAIN: the verdict is on the denial. */
  readonly denied?: true;
}

/** Asks for a verdict on the zone at `zone`: its SOA record, which every zone has. */
export async function askVerdict(ask: Ask, zone: Name): Promise<ZoneVerdict> {
  const question = { qname: zone, qtype: Type.SOA, qclass: 1 };
  const reply = await ask(question);
  const why = describeReply(reply);
  if (reply.outcome === 'silent') return { verdict: 'silent', why };
  const { rcode, flags } = reply.message;
  const validated = flags.authenticData ? 'secure' : 'insecure';
  if (rcode === Rcode.NXDOMAIN) return { verdict: validated, why, denied: true };
  if (rcode === Rcode.NOERROR) return { verdict: validated, why };
  const unchecked = await ask(question, { checkingDisabled: true });
  const hasData = unchecked.outcome === 'message' && unchecked.message.rcode === Rcode.NOERROR;
  return { verdict: rcode === Rcode.SERVFAIL && hasData ? 'bogus' : 'failing', why };
}
