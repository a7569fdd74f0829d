/**
 * A small reader of presentation format (RFC 1035 §5.1, RFC 3597 §5), for files of root hints and trust anchors.
 * Limits: no $INCLUDE and no $GENERATE; types whose fields `rdata/fields.ts` does not know must be written as `\# length hex`.
 */

import { type Name, NameError, ROOT } from '../base/name.ts';
import { Class, tryParseType } from '../base/registry.ts';
import { parseRdata } from './rdata-parse.ts';
import { type Entry, splitEntries, type Token, ZoneTextError } from './zone-tokens.ts';
import { parseOwner, show, ValueError } from './zone-values.ts';

export { ZoneTextError } from './zone-tokens.ts';

const MAX_TEXT_CHARACTERS = 1_048_576;
/** TTL where neither the record nor $TTL gives one, as Unbound takes it. */
const DEFAULT_TTL = 3_600;

export interface ZoneRecord {
  readonly owner: Name;
  readonly ttl: number;
  readonly type: number;
  readonly class: number;
  readonly rdata: Uint8Array;
}

/** What holds from one entry to the next. */
interface Context {
  origin: Name;
  owner: Name | undefined;
  ttl: number;
  klass: number;
}

/**
 * Reads all records of a text; names without a last dot are below $ORIGIN, which is the root at first.
 * @param source how the text is called in errors, mostly its file name
 * @throws {ZoneTextError} at the first line that is wrong
 */
export function parseZoneText(text: string, source: string): ZoneRecord[] {
  if (text.length > MAX_TEXT_CHARACTERS) throw new ZoneTextError(source, 1, 'the file is longer than 1 MiB');
  const context: Context = { origin: ROOT, owner: undefined, ttl: DEFAULT_TTL, klass: Class.IN };
  const records: ZoneRecord[] = [];
  for (const entry of splitEntries(text, source)) {
    try {
      const record = readEntry(entry, context);
      if (record) records.push(record);
    } catch (error) {
      if (error instanceof ValueError || error instanceof NameError) throw new ZoneTextError(source, entry.line, error.message);
      throw error;
    }
  }
  return records;
}

function readEntry({ tokens, ownerOmitted }: Entry, context: Context): ZoneRecord | undefined {
  const first = tokens[0] as Token;
  if (!ownerOmitted && !first.quoted && first.text.startsWith('$')) {
    readDirective(tokens, context);
    return undefined;
  }
  if (!ownerOmitted) context.owner = parseOwner(first, context.origin);
  const { owner } = context;
  if (!owner) throw new ValueError('the first record must name its owner');
  return readRecord(ownerOmitted ? tokens : tokens.slice(1), owner, context);
}

function readDirective([directive, value, ...rest]: readonly Token[], context: Context): void {
  const name = directive?.text.toUpperCase();
  if (name !== '$ORIGIN' && name !== '$TTL') throw new ValueError(`${show(directive)} is not supported, only $ORIGIN and $TTL`);
  if (!value || rest.length > 0) throw new ValueError(`${name} takes one value`);
  if (name === '$ORIGIN') {
    context.origin = parseOwner(value, context.origin);
    return;
  }
  const ttl = tryParseTtl(value.text);
  if (ttl === undefined) throw new ValueError(`$TTL ${show(value)} is no number of seconds`);
  context.ttl = ttl;
}

/** TTL and class in any order, each at most once, then type and RDATA. */
function readRecord(tokens: readonly Token[], owner: Name, context: Context): ZoneRecord {
  let ttl: number | undefined;
  let klass: number | undefined;
  let at = 0;
  for (; at < tokens.length; at++) {
    const { text } = tokens[at] as Token;
    const asTtl = ttl === undefined ? tryParseTtl(text) : undefined;
    const asClass = klass === undefined ? tryParseClass(text) : undefined;
    if (asTtl === undefined && asClass === undefined) break;
    ttl ??= asTtl;
    klass ??= asClass;
  }
  const typeToken = tokens[at];
  if (!typeToken) throw new ValueError('a record needs a type');
  const type = tryParseType(typeToken.text);
  if (type === undefined) throw new ValueError(`${show(typeToken)} is no record type`);
  context.klass = klass ?? context.klass;
  return { owner, ttl: ttl ?? context.ttl, type, class: context.klass, rdata: parseRdata(type, tokens.slice(at + 1), context.origin) };
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;

/** Seconds, or numbers with units as `1h30m`; at most 2^31 - 1 (RFC 2181 §8). */
function tryParseTtl(text: string): number | undefined {
  if (!/^(\d{1,10}|(\d{1,10}[smhdw])+)$/i.test(text)) return undefined;
  let ttl = 0;
  for (const [, digits, unit] of text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g))
    ttl += Number(digits) * SECONDS[(unit || 's') as keyof typeof SECONDS];
  return ttl <= 0x7fffffff ? ttl : undefined;
}

const classNumbers = new Map<string, number>([
  ['IN', Class.IN],
  ['CH', Class.CH],
  ['HS', Class.HS],
]);

function tryParseClass(text: string): number | undefined {
  const upper = text.toUpperCase();
  const number = classNumbers.get(upper) ?? Number(/^CLASS(\d{1,5})$/.exec(upper)?.[1] ?? Number.NaN);
  return number <= 0xffff ? number : undefined;
}
