/**
 * The message that a client gets: flags, RCODE, sections and EDNS, decided from its query and what was found out (pure).
 * AD and CD: RFC 4035 §3.2, RFC 6840 §5.7 to §5.9. DNSSEC records: RFC 4035 §3.2.1, RFC 3225 §3. EDNS: RFC 6891 §6.1.1 and §7,
 * NSID of RFC 5001, extended errors of RFC 8914.
 * Cookies and keepalive, which concern one hop, are added in answer.ts.
 * Limits: no padding (RFC 7830); client subnet (RFC 7871) and unknown options are ignored (RFC 6891 §6.1.2).
 */

import { formatName } from '../base/name.ts';
import type { Edns, EdnsOption, Message, RRset } from '../base/record.ts';
import { Ede, EdnsCode, Rcode, Type } from '../base/registry.ts';
import { extendedError, isServable, type Validation } from '../base/validation.ts';
import type { Resolution, ResolutionKind } from '../resolver/resolution.ts';
import { edeOption } from '../wire/ede.ts';
import type { Query } from './query.ts';

export interface ReplySettings {
  /** Our UDP payload size, told to clients. */
  readonly udpSize: number;
  /** Octets sent to whoever asks for the server's identity (RFC 5001); undefined: the option is ignored. */
  readonly nsid: Uint8Array | undefined;
}

/** As edeOption cuts it; cut here, it shows that there was more. */
const MAX_EXTRA_TEXT = 64;

/** An answer without records. */
export function replyWithError(query: Query, rcode: number, settings: ReplySettings, ede: readonly EdnsOption[] = []): Message {
  return {
    id: query.id,
    opcode: query.opcode,
    rcode,
    flags: {
      response: true,
      authoritative: false,
      truncated: false,
      recursionDesired: query.flags.recursionDesired,
      recursionAvailable: true,
      authenticData: false,
      checkingDisabled: query.flags.checkingDisabled,
    },
    question: query.question ? [query.question] : [],
    answer: [],
    authority: [],
    additional: [],
    edns: ednsFor(query.edns, settings, ede),
  };
}

/** The answer that a Resolution makes. */
export function replyFrom(query: Query, resolution: Resolution, settings: ReplySettings): Message {
  const { kind, validation } = resolution;
  const isServed = mayServe(query, resolution);
  const ede = explain(resolution, isServed);
  if (!isServed) {
    // A failure that was kept (RFC 9520) says so beside the first cause.
    const kept = resolution.cached && validation.state === 'indeterminate' ? [edeOption(Ede.CACHED_ERROR)] : [];
    return replyWithError(query, Rcode.SERVFAIL, settings, [...ede, ...kept]);
  }
  const dnssecOk = query.edns?.dnssecOk ?? false;
  const base = replyWithError(query, rcodeOf(kind), settings, ede);
  // RFC 6840 §5.7: AD in a query asks for AD as DO does. With CD too, for we validate all the same (§5.9).
  const authenticData = validation.state === 'secure' && (dnssecOk || query.flags.authenticData);
  return {
    ...base,
    flags: { ...base.flags, authenticData },
    answer: dnssecOk ? resolution.answer : withoutProofs(resolution.answer, resolution.question.qtype),
    authority: dnssecOk ? resolution.authority : withoutProofs(resolution.authority, undefined),
  };
}

function mayServe(query: Query, { kind, validation, answer, authority }: Resolution): boolean {
  if (kind === 'failure') return false;
  if (isServable(validation)) return true;
  // RFC 6840 §5.9: a client with CD judges for itself. An empty answer that nobody could judge would be our word, though.
  return query.flags.checkingDisabled && (validation.state === 'bogus' || answer.length + authority.length > 0);
}

function rcodeOf(kind: ResolutionKind): number {
  switch (kind) {
    case 'answer':
    case 'nodata':
      return Rcode.NOERROR;
    case 'nxdomain':
      return Rcode.NXDOMAIN;
    case 'failure':
      return Rcode.SERVFAIL;
  }
}

/** A DS in the authority section proves a delegation; in the answer section it stands only where it was asked for. */
const proofTypes: ReadonlySet<number> = new Set([Type.RRSIG, Type.NSEC, Type.NSEC3, Type.DS]);

/** For a client without DO: no signatures, and no DNSSEC records but those of the type that was asked for (RFC 4035 §3.2.1). */
function withoutProofs(rrsets: readonly RRset[], qtype: number | undefined): RRset[] {
  const asked = (type: number) => type === qtype || qtype === Type.ANY;
  const kept = rrsets.filter(({ type }) => asked(type) || !proofTypes.has(type));
  return kept.map((rrset) => (rrset.signatures.length === 0 ? rrset : { ...rrset, signatures: [] }));
}

/** An OPT record for whoever sent one, and for nobody else (RFC 6891 §7). */
function ednsFor(asked: Edns | undefined, { udpSize, nsid }: ReplySettings, ede: readonly EdnsOption[]): Edns | undefined {
  if (!asked) return undefined;
  const wantsNsid = nsid !== undefined && asked.options.some(({ code }) => code === EdnsCode.NSID);
  const identity = wantsNsid ? [{ code: EdnsCode.NSID, data: nsid }] : [];
  return { udpSize, version: 0, dnssecOk: asked.dnssecOk, options: [...identity, ...ede] };
}

function explain({ kind, validation, isSynthesised, isStale }: Resolution, isServed: boolean): EdnsOption[] {
  const infoCode = extendedError(validation);
  const stale = isStale && isServed ? [edeOption(kind === 'nxdomain' ? Ede.STALE_NXDOMAIN : Ede.STALE_ANSWER)] : [];
  const made = isSynthesised ? [edeOption(Ede.SYNTHESIZED)] : [];
  return [...(infoCode === undefined ? [] : [edeOption(infoCode, extraText(validation))]), ...stale, ...made];
}

/** What the validator said of it; where it said nothing, the reason in words and the zone. At most 64 characters: the code says the rest. */
function extraText(validation: Validation): string {
  if (validation.state === 'secure') return '';
  const reason = validation.reason.replaceAll('-', ' ');
  const fallback = validation.state === 'indeterminate' ? reason : `${reason}, ${formatName(validation.zone)}`;
  const text = (validation.state !== 'insecure' && validation.detail) || fallback; // edeOption cleans what the network put into it
  return text.length <= MAX_EXTRA_TEXT ? text : `${text.slice(0, MAX_EXTRA_TEXT - 3)}...`;
}
