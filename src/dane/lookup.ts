/** A Resolution read for mail: its status in the five words of the report, and its data if that may be used. */

import { formatName, type Name, sameName } from '../base/name.ts';
import { extendedError, type Validation } from '../base/validation.ts';
import type { AliasLink, Resolution } from '../resolver/resolution.ts';
import { verdictOf } from '../service/verdict.ts';
import { WireError } from '../wire/error.ts';
import { serialDistance, tryReadRrsig } from '../wire/rdata/rrsig.ts';
import type { AliasReport, LookupReport } from './report.ts';

/** One lookup with its data read by `readRdata`. */
export interface Lookup<Data> {
  readonly report: LookupReport;
  /** Empty unless the status is secure or insecure: what is bogus is not used. */
  readonly data: readonly Data[];
  readonly aliases: readonly AliasLink[];
  /** Seconds since the epoch. */
  readonly expires: number;
}

/** A name as mail people write it: escaped, and without the last dot. */
export function mailName(name: Name): string {
  return name.labels === 0 ? '.' : formatName(name).slice(0, -1);
}

/** Reads a Resolution of one type. Data that cannot be read makes it a failed lookup: malformed is an error (RFC 7672 §2.1.1). */
export function readLookup<Data>(resolution: Resolution, now: number, readRdata: (rdata: Uint8Array) => Data): Lookup<Data> {
  const { aliases, expires, cached } = resolution;
  const ttl = Math.max(0, Math.floor(expires - now));
  const status = verdictOf(resolution);
  const rest = { aliases, expires };
  const data = status === 'secure' || status === 'insecure' ? readAnswer(resolution, readRdata) : [];
  // A failure that calls itself secure tells as little as data that cannot be read.
  if (!data || (status === 'indeterminate' && resolution.validation.state !== 'indeterminate'))
    return { report: { status: 'indeterminate', proof: 'indeterminate', ttl, cached, reason: 'malformed-data' }, data: [], ...rest };
  const denial = status === 'nxdomain' ? { denial: resolution.kind === 'nxdomain' ? ('nxdomain' as const) : ('nodata' as const) } : {};
  const signed = resolution.validation.state === 'secure' ? signedTime(resolution, now) : {};
  return { report: { status, ttl, cached, ...signed, ...denial, ...proofOf(resolution.validation) }, data, ...rest };
}

/** Of each RRset the signature that ends last counts, and of all RRsets the one whose ends first. */
function signedTime({ answer, authority }: Resolution, now: number): Pick<LookupReport, 'signed'> {
  let first: { readonly from: number; readonly left: number } | undefined;
  for (const { signatures } of [...answer, ...authority]) {
    const windows = signatures
      .flatMap((rdata) => tryReadRrsig(rdata) ?? [])
      .map(({ inception, expiration }) => ({
        from: serialDistance(Math.floor(now), inception),
        left: serialDistance(Math.floor(now), expiration),
      }));
    const last = windows.reduce<typeof first>((best, window) => (best && best.left >= window.left ? best : window), undefined);
    if (last && !(first && first.left <= last.left)) first = last;
  }
  const time = (seconds: number) => new Date((Math.floor(now) + seconds) * 1000).toISOString();
  return first ? { signed: { from: time(first.from), until: time(first.left) } } : {};
}

function readAnswer<Data>({ question, answer, aliases }: Resolution, readRdata: (rdata: Uint8Array) => Data): readonly Data[] | undefined {
  const owner = aliases.at(-1)?.target ?? question.qname;
  const rrset = answer.findLast(({ owner: at, type }) => type === question.qtype && sameName(at, owner));
  if (!rrset || rrset.rdata.length === 0) return undefined;
  try {
    return rrset.rdata.map(readRdata);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function proofOf(validation: Validation): Pick<LookupReport, 'proof' | 'reason' | 'ede' | 'zone' | 'detail'> {
  if (validation.state === 'secure') return { proof: 'secure' };
  const ede = extendedError(validation);
  return {
    proof: validation.state,
    reason: validation.reason,
    ...(ede === undefined ? {} : { ede }),
    ...('zone' in validation ? { zone: mailName(validation.zone) } : {}),
    ...('detail' in validation && validation.detail !== undefined ? { detail: printable(validation.detail) } : {}),
  };
}

/** Details may quote what came off the wire. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 500);
}

/** The links of a chain of aliases. */
export function aliasReports(aliases: readonly AliasLink[]): readonly AliasReport[] {
  return aliases.map(({ owner, target, validation }) => ({
    owner: mailName(owner),
    target: mailName(target),
    status: validation.state,
  }));
}
