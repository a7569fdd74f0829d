/** A resolver that answers from a script, for the tests of what stands above it. What the script does not have does not exist, securely. */

import { formatName, type Name, parseName } from '../../src/base/name.ts';
import { rrKey } from '../../src/base/record.ts';
import { Class, formatType, Type } from '../../src/base/registry.ts';
import { SECURE, type Validation, worseOf } from '../../src/base/validation.ts';
import type { AliasLink, Resolution, ResolutionKind, Resolver } from '../../src/resolver/resolution.ts';
import { parseAddress } from '../../src/wire/rdata/address.ts';

export const NOW = 1_790_000_000;

export const states = {
  secure: SECURE,
  insecure: { state: 'insecure', zone: parseName('unsigned.example'), reason: 'unsigned-delegation' },
  bogus: { state: 'bogus', zone: parseName('broken.example'), reason: 'signature-expired' },
  indeterminate: { state: 'indeterminate', reason: 'servers-unreachable' },
} as const satisfies Record<Validation['state'], Validation>;

export interface Scripted {
  readonly state?: Validation['state'];
  /** `answer` where there is RDATA, else `nodata`. */
  readonly kind?: ResolutionKind;
  readonly rdata?: readonly Uint8Array[];
  readonly aliases?: readonly { readonly target: string; readonly state: Validation['state'] }[];
  readonly ttl?: number;
  /** Answers never, whatever the deadline. */
  readonly silent?: boolean;
}

/** Keys are `NAME TYPE`, as in `example. MX`. */
export type Script = Readonly<Record<string, Scripted>>;

export interface ScriptedResolver extends Resolver {
  /** Questions in the order they came, as the script has its keys. */
  readonly asked: readonly string[];
}

export function scriptedResolver(script: Script): ScriptedResolver {
  const asked: string[] = [];
  return {
    asked,
    resolve(question) {
      const key = rrKey(question.qname, question.qtype);
      const entry = Object.entries(script).find(([at]) => scriptKey(at) === key);
      asked.push(`${formatName(question.qname)} ${formatType(question.qtype)}`);
      if (entry?.[1].silent) return new Promise(() => {});
      return Promise.resolve(resolutionOf(question.qname, question.qtype, entry?.[1] ?? {}));
    },
  };
}

function scriptKey(at: string): string {
  const [name, type] = at.split(' ') as [string, keyof typeof Type];
  return rrKey(parseName(name), Type[type]);
}

/** One Resolution of the state told, of data or of a denial. */
export function resolutionOf(qname: Name, qtype: number, scripted: Scripted): Resolution {
  const { state = 'secure', rdata = [], aliases = [], ttl = 3600 } = scripted;
  const kind = scripted.kind ?? (state === 'indeterminate' ? 'failure' : rdata.length > 0 ? 'answer' : 'nodata');
  let owner = qname;
  const links: AliasLink[] = aliases.map((alias) => {
    const link = { owner, target: parseName(alias.target), validation: states[alias.state] };
    owner = link.target;
    return link;
  });
  const lastValidation = states[state];
  return {
    question: { qname, qtype, qclass: Class.IN },
    kind,
    answer: [
      ...links.map((link) => ({ owner: link.owner, type: Type.CNAME, class: Class.IN, ttl, rdata: [link.target.wire], signatures: [] })),
      ...(kind === 'answer' ? [{ owner, type: qtype, class: Class.IN, ttl, rdata, signatures: [] }] : []),
    ],
    authority: [],
    validation: links.reduce<Validation>((worst, link) => worseOf(worst, link.validation), lastValidation),
    aliases: links,
    lastValidation,
    cached: false,
    expires: NOW + ttl,
  };
}

export function mx(...records: readonly (readonly [preference: number, exchange: string])[]): Uint8Array[] {
  return records.map(([preference, exchange]) => Uint8Array.from([preference >> 8, preference & 0xff, ...parseName(exchange).wire]));
}

export function ip(...addresses: readonly string[]): Uint8Array[] {
  return addresses.map(parseAddress);
}

export type TlsaRow = readonly [usage: number, selector: number, matching: number, data: Uint8Array];

/** TLSA RDATA. */
export function tlsa(...records: readonly TlsaRow[]): Uint8Array[] {
  return records.map(([usage, selector, matching, data]) => Uint8Array.from([usage, selector, matching, ...data]));
}

export const DIGEST = new Uint8Array(32).fill(0xab);
export const USABLE = tlsa([3, 1, 1, DIGEST]);
