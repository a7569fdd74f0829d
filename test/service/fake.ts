/** Queries, RRsets and a resolver that says what it is told, for the tests of the service and the front ends. */

import { parseName } from '../../src/base/name.ts';
import type { Edns, Flags, Message, RRset } from '../../src/base/record.ts';
import { Class, Type } from '../../src/base/registry.ts';
import { SECURE, type Validation } from '../../src/base/validation.ts';
import type { Resolution, Resolver } from '../../src/resolver/resolution.ts';
import { type AnswerDeps, createAnswer } from '../../src/service/answer.ts';
import { composeMessage } from '../../src/wire/compose.ts';
import { readMessage } from '../../src/wire/read-message.ts';

export const CLIENT = { address: '127.0.0.1', transport: 'udp' } as const;
export const TCP_CLIENT = { address: '127.0.0.1', transport: 'tcp' } as const;

const noFlags: Flags = {
  response: false,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
};

export interface QuerySpec {
  readonly name?: string;
  readonly type?: number;
  readonly class?: number;
  readonly flags?: Partial<Flags>;
  readonly opcode?: number;
  readonly edns?: Partial<Edns>;
  readonly extra?: Partial<Message>;
}

/** Octets of a query with id 0x1234 and RD set, for www.example.com A unless told. */
export function queryOf({ name = 'www.example.com', type = Type.A, class: qclass = Class.IN, flags, opcode = 0, edns, extra }: QuerySpec) {
  const message: Message = {
    id: 0x1234,
    opcode,
    rcode: 0,
    flags: { ...noFlags, ...flags },
    question: [{ qname: parseName(name), qtype: type, qclass }],
    answer: [],
    authority: [],
    additional: [],
    edns: edns && { udpSize: 1232, version: 0, dnssecOk: false, options: [], ...edns },
    ...extra,
  };
  return composeMessage(message, 65_535);
}

export function rrset(owner: string, type: number, rdata: readonly Uint8Array[], signatures: readonly Uint8Array[] = []): RRset {
  return { owner: parseName(owner), type, class: Class.IN, ttl: 300, rdata, signatures };
}

/** RDATA of an RRSIG that covers `type`; the signature is for show. */
export function rrsig(type: number, octets = 64): Uint8Array {
  return Buffer.concat([
    Buffer.from([0, type, 13, 2, 0, 0, 1, 44, 0, 0, 0, 9, 0, 0, 0, 1, 0, 7]),
    parseName('example.com').wire,
    Buffer.alloc(octets, 7),
  ]);
}

export const soa = rrset(
  'example.com',
  Type.SOA,
  [Buffer.concat([parseName('ns.example.com').wire, parseName('mail.example.com').wire, Buffer.alloc(20, 1)])],
  [rrsig(Type.SOA)],
);
export const nsec = rrset(
  'example.com',
  Type.NSEC,
  [Buffer.concat([parseName('z.example.com').wire, Buffer.from([0, 1, 0x62])])],
  [rrsig(Type.NSEC)],
);
export const address = rrset('www.example.com', Type.A, [Uint8Array.of(192, 0, 2, 1)], [rrsig(Type.A)]);

const sections = {
  answer: { answer: [address], authority: [nsec] }, // as of a wildcard, so that proofs stand in a positive answer too
  nodata: { answer: [], authority: [soa, nsec] },
  nxdomain: { answer: [], authority: [soa, nsec] },
  failure: { answer: [], authority: [] },
} as const;

export function resolutionOf(kind: Resolution['kind'], validation: Validation = SECURE, more: Partial<Resolution> = {}): Resolution {
  return {
    question: { qname: parseName('www.example.com'), qtype: Type.A, qclass: Class.IN },
    kind,
    ...sections[kind],
    validation,
    aliases: [],
    lastValidation: validation,
    cached: false,
    expires: 1_700_000_300,
    ...more,
  };
}

const zone = parseName('example.com');
export const insecure: Validation = { state: 'insecure', zone, reason: 'unsigned-delegation' };
export const bogus = { state: 'bogus', zone, reason: 'signature-expired' } as const satisfies Validation;
export const indeterminate: Validation = { state: 'indeterminate', reason: 'limit-spent' };

export const resolverOf = (resolution: Resolution): Resolver => ({ resolve: async () => resolution });

export function answerOf(resolution: Resolution, deps: Partial<AnswerDeps> = {}) {
  return createAnswer({ resolver: resolverOf(resolution), mayAsk: () => true, specialUseNames: true, clock: () => 1_700_000_000, ...deps });
}

/** Asks, and reads the answer. */
export async function ask(
  resolution: Resolution,
  query: Uint8Array,
  client: Parameters<ReturnType<typeof createAnswer>>[1] = CLIENT,
  deps: Partial<AnswerDeps> = {},
) {
  const octets = await answerOf(resolution, deps)(query, client);
  if (!octets) throw new Error('silence');
  return { ...readMessage(octets), octets: octets.length };
}
