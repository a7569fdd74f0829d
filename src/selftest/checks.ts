/**
 * Whether a resolver can serve an appliance that validates by itself: it needs every signature, key and proof, large answers too, and data
 * in spite of a verdict with CD (RFC 4035 §3.2; RFC 7672 §2.1). Each check says what is wrong in a sentence.
 */

import { labelsOf, type Name, nameOfLabels } from '../base/name.ts';
import type { Message } from '../base/record.ts';
import { Class, Rcode, Type } from '../base/registry.ts';
import { WireError } from '../wire/error.ts';
import { readMx } from '../wire/rdata/mx.ts';
import { type Ask, type AskOptions, answerOf, askVerdict, describeReply, isProvenDenial, type Reply } from './reply.ts';

/** In the order of a report. */
export const checkNames = [
  'udp',
  'tcp',
  'signatures',
  'ds',
  'dnskey',
  'tlsa',
  'cname',
  'denial',
  'large',
  'secure',
  'insecure',
  'bogus',
  'cd',
] as const;
export type CheckName = (typeof checkNames)[number];

/** Undefined: it holds; else what is wrong. */
export type CheckResults = Readonly<Record<CheckName, string | undefined>>;

/** Zones of which everybody knows what they are. */
export interface KnownZones {
  /** Signed, with a mail host. */
  readonly secure: Name;
  readonly insecure: Name;
  /** With signatures that do not hold. */
  readonly bogus: Name;
}

/** Does all checks, at once. @param label a label that stands nowhere, for a denial that no cache has */
export async function checkResolver(ask: Ask, zones: KnownZones, label: string): Promise<CheckResults> {
  const at = (qname: Name, qtype: number, options?: AskOptions) => ask({ qname, qtype, qclass: Class.IN }, options);
  const { secure } = zones;
  const [mailHosts, udp, tcp] = await Promise.all([
    at(secure, Type.MX),
    at(secure, Type.SOA, { transport: 'udp' }).then(unlessMessage),
    at(secure, Type.SOA, { transport: 'tcp' }).then(unlessMessage),
  ]);
  // One that is not there need not be waited for thirteen times.
  if (udp !== undefined && tcp !== undefined) return everyCheck(() => udp);
  const host = mailHostOf(mailHosts) ?? secure;
  const under = (owner: Name, ...labels: string[]) => nameOfLabels([...labels.map((text) => Buffer.from(text)), ...labelsOf(owner)]);
  const results = await Promise.all([
    udp,
    tcp,
    at(secure, Type.SOA).then(demandSigned),
    at(secure, Type.DS).then(demandSigned),
    at(secure, Type.DNSKEY).then(demandSigned),
    at(under(host, '_25', '_tcp'), Type.TLSA).then(demandSignedOrDenied),
    at(host, Type.CNAME).then(demandSignedOrDenied),
    at(under(secure, label), Type.A).then(demandDenial),
    demandLarge(at),
    demandSecure(ask, secure),
    demandInsecure(ask, zones.insecure),
    demandBogus(ask, zones.bogus),
    at(zones.bogus, Type.SOA, { checkingDisabled: true }).then(demandUnchecked),
  ]);
  return everyCheck((_, i) => results[i]);
}

function everyCheck(resultOf: (name: CheckName, i: number) => string | undefined): CheckResults {
  return Object.fromEntries(checkNames.map((name, i) => [name, resultOf(name, i)])) as Record<CheckName, string | undefined>;
}

function mailHostOf(reply: Reply): Name | undefined {
  const records = reply.outcome === 'message' ? (answerOf(reply.message)?.rdata ?? []) : [];
  for (const rdata of records) {
    try {
      const { exchange } = readMx(rdata);
      if (exchange.labels > 0) return exchange;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }
  return undefined;
}

function unlessMessage(reply: Reply): string | undefined {
  return reply.outcome === 'silent' ? reply.why : undefined;
}

/** Applies a judgement to the message, if there is one that is no error. */
function ofMessage(reply: Reply, judge: (message: Message) => string | undefined): string | undefined {
  if (reply.outcome === 'silent') return reply.why;
  const { rcode } = reply.message;
  if (rcode !== Rcode.NOERROR && rcode !== Rcode.NXDOMAIN) return `it answers ${describeReply(reply)}`;
  return judge(reply.message);
}

const NO_SUCH_ZONE = 'it says that there is no such zone: see selftest of the configuration, and whether something filters it';
const STRIPPED = 'records come without their signatures, though DO was set: it strips DNSSEC';

function demandSigned(reply: Reply): string | undefined {
  return ofMessage(reply, (message) => {
    if (message.rcode === Rcode.NXDOMAIN) return NO_SUCH_ZONE;
    const rrset = answerOf(message);
    if (!rrset) return 'it has no such records, though the zone is signed';
    return rrset.signatures.length === 0 ? STRIPPED : undefined;
  });
}

function demandSignedOrDenied(reply: Reply): string | undefined {
  return ofMessage(reply, (message) => {
    if (answerOf(message)) return demandSigned(reply);
    return isProvenDenial(message) ? undefined : 'it says there are none, without the signed NSEC or NSEC3 that proves it';
  });
}

function demandDenial(reply: Reply): string | undefined {
  return ofMessage(reply, (message) => {
    if (answerOf(message)) return undefined; // a wildcard stands there
    return isProvenDenial(message) ? undefined : 'a name that does not exist is denied without the signed NSEC or NSEC3 that proves it';
  });
}

/** The root's keys do not fit into 512 octets with their signature: over UDP TC, over TCP all of it. */
async function demandLarge(at: (qname: Name, qtype: number, options?: AskOptions) => Promise<Reply>): Promise<string | undefined> {
  const root = nameOfLabels([]);
  const small = await at(root, Type.DNSKEY, { transport: 'udp', udpSize: 512 });
  if (small.outcome === 'silent') return `to a client that takes 512 octets: ${small.why}`;
  if (!small.message.flags.truncated && !answerOf(small.message)) return 'what does not fit into 512 octets is cut without TC';
  return demandSigned(await at(root, Type.DNSKEY, { transport: 'tcp' }));
}

async function demandSecure(ask: Ask, zone: Name): Promise<string | undefined> {
  const { verdict, why, denied } = await askVerdict(ask, zone);
  if (denied) return NO_SUCH_ZONE;
  switch (verdict) {
    case 'secure':
      return undefined;
    case 'insecure':
      return 'what is secure comes without AD: it does not validate, or a negative trust anchor is set';
    case 'bogus':
      return `what is secure is bogus to it: an old trust anchor, or a wrong clock? ${why}`;
    case 'failing':
    case 'silent':
      return why;
  }
}

async function demandInsecure(ask: Ask, zone: Name): Promise<string | undefined> {
  const { verdict, why, denied } = await askVerdict(ask, zone);
  if (denied) return NO_SUCH_ZONE;
  if (verdict === 'insecure') return undefined;
  return verdict === 'secure' ? 'what is not signed comes with AD: its AD means nothing' : `what is not signed has no answer: ${why}`;
}

async function demandBogus(ask: Ask, zone: Name): Promise<string | undefined> {
  const { verdict, why, denied } = await askVerdict(ask, zone);
  if (denied) return NO_SUCH_ZONE;
  if (verdict === 'bogus') return undefined;
  if (verdict === 'secure') return 'what is bogus comes with AD: it takes signatures that do not hold';
  if (verdict === 'insecure') return 'what is bogus is answered: it does not validate, or a negative trust anchor is set';
  return why;
}

function demandUnchecked(reply: Reply): string | undefined {
  return ofMessage(reply, (message) => {
    if (message.rcode === Rcode.NXDOMAIN) return NO_SUCH_ZONE;
    return answerOf(message) ? undefined : 'with CD there is no data either: an appliance that validates by itself cannot judge it';
  });
}
