/**
 * A list of mail domains as operators have them: a text with a domain a line, CSV, or the appliance's destination controls. What cannot be
 * read as a mail domain is told line by line, never passed over in silence. Pure.
 *
 * Destination controls are the file that the appliance exports and imports: a section `[example.com]` for each destination, `[DEFAULT]`
 * for all others, keys below. Limits: its manual says nothing of DANE there, so any key that ends in `dane` is read as the setting.
 */

import { domainToASCII } from 'node:url';
import { CsvError, parse } from 'csv-parse/sync';
import type { Name } from '../base/name.ts';
import { QuestionError, readMailDomain } from '../base/question-text.ts';
import { isHostName } from '../dane/check-host.ts';
import { mailName } from '../dane/lookup.ts';
import type { DanePolicy } from './plan.ts';

export interface ListedDomain {
  readonly domain: Name;
  /** As reports have it: lower case, no last dot. */
  readonly text: string;
  readonly line: number;
  /** What the list itself says of DANE there. */
  readonly policy?: DanePolicy;
}

/** Something in the list that is no mail domain. */
export interface Unread {
  readonly line: number;
  /** Its beginning, safe to print. */
  readonly text: string;
  readonly why: string;
}

export type ListFormat = 'text' | 'csv' | 'destination-controls';

export interface DomainList {
  readonly format: ListFormat;
  /** Each once, in the order of the list. */
  readonly domains: readonly ListedDomain[];
  /** Lines that named a domain that was there already. */
  readonly duplicates: number;
  /** How many could not be read; the first of them in `unread`. */
  readonly unreadCount: number;
  readonly unread: readonly Unread[];
}

/** The whole list cannot be used. `message` is a sentence for whoever gave it. */
export class ListError extends Error {
  override readonly name = 'ListError';
}

export const listLimits = { octets: 16 * 1024 * 1024, domains: 100_000, unreadTold: 100 } as const;

export interface ListOptions {
  /** Name or number of the CSV column that has the domains. */
  readonly column?: string;
  /** Domains allowed, at most and unless told `listLimits.domains`. */
  readonly maxDomains?: number;
}

/** Reads a list; its format is told by its first line. @throws {ListError} */
export function readDomainList(octets: Uint8Array, { column, maxDomains = listLimits.domains }: ListOptions = {}): DomainList {
  if (octets.length > listLimits.octets)
    throw new ListError(`the list has ${octets.length} octets, more than the ${listLimits.octets} that are read`);
  const text = decode(octets);
  const first = firstLine(text);
  if (/^\[[^\]]*\]$/.test(first)) return collect('destination-controls', sections(text), maxDomains);
  if (column !== undefined || /[,;\t"]/.test(first)) return collect('csv', cells(text, separatorOf(first), column), maxDomains);
  return collect('text', lines(text), maxDomains);
}

/** The list of these domains, each a line. @throws {ListError} */
export function listDomains(texts: readonly string[], { maxDomains = listLimits.domains }: ListOptions = {}): DomainList {
  return collect(
    'text',
    texts.map((text, i) => ({ line: i + 1, text: text.trim() })),
    maxDomains,
  );
}

/** One place where a domain should be. */
interface Found {
  readonly line: number;
  readonly text: string;
  readonly dane?: string | undefined;
  /** Why it is none, where that is known already. */
  readonly why?: string;
}

function collect(format: ListFormat, found: Iterable<Found>, maxDomains: number): DomainList {
  const domains = new Map<string, ListedDomain>();
  const unread: Unread[] = [];
  let duplicates = 0;
  let unreadCount = 0;
  for (const { line, text, dane, why } of found) {
    const read = why === undefined ? tryReadDomain(text) : { why };
    const policy = dane === undefined ? undefined : policyWords.get(dane.toLowerCase());
    const objection = 'why' in read ? read.why : dane !== undefined && !policy ? `${printable(dane)} is no setting of DANE` : undefined;
    if (objection !== undefined || 'why' in read) {
      unreadCount++;
      if (unread.length < listLimits.unreadTold) unread.push({ line, text: printable(text), why: objection ?? '' });
      continue;
    }
    if (domains.has(read.domain.key)) duplicates++;
    else domains.set(read.domain.key, { domain: read.domain, text: mailName(read.domain), line, ...(policy ? { policy } : {}) });
    if (domains.size > maxDomains) throw new ListError(`the list names more than ${maxDomains} domains: split it`);
  }
  return { format, domains: [...domains.values()], duplicates, unreadCount, unread };
}

/** Words for the appliance's three settings. A Map, for an object has words of its own, such as `constructor`. */
const policyWords: ReadonlyMap<string, DanePolicy> = new Map([
  ['none', 'none'],
  ['off', 'none'],
  ['no', 'none'],
  ['0', 'none'],
  ['opportunistic', 'opportunistic'],
  ['on', 'opportunistic'],
  ['yes', 'opportunistic'],
  ['1', 'opportunistic'],
  ['mandatory', 'mandatory'],
  ['2', 'mandatory'],
]);

/** More than a name of 255 octets can take, each written as `\DDD`. */
const MAX_DOMAIN_CHARACTERS = 1020;

function tryReadDomain(text: string): { readonly domain: Name } | { readonly why: string } {
  if (text.length > MAX_DOMAIN_CHARACTERS) return { why: `it has ${text.length} characters, more than any domain name` };
  if (text.startsWith('.')) return { why: 'it stands for all names below a domain: give the domains themselves' };
  if (text.includes('*')) return { why: 'it is a wildcard: give the domains themselves' };
  const ascii = toAscii(text);
  // Mail addresses and IP addresses are told as such.
  if (!/[@:[\]]/.test(ascii) && /[^\w.-]/.test(ascii)) return { why: NOT_LDH };
  try {
    const domain = readMailDomain(ascii);
    if (!isHostName(domain)) return { why: NOT_LDH };
    return { domain };
  } catch (error) {
    if (error instanceof QuestionError) return { why: error.message };
    throw error;
  }
}

const NOT_LDH = 'a mail domain is made of letters, digits and hyphens (RFC 5321 §2.3.5)';

/** Internationalised names in A-label form (UTS 46); left as they are, to be refused, where they have none. */
function toAscii(text: string): string {
  if (!/[^\0-\x7f]/.test(text) || !/^[\p{L}\p{M}\p{N}.\-_。．｡·]+$/u.test(text)) return text;
  return domainToASCII(text) || text;
}

/** At most 80 characters, and none that a terminal would obey. */
function printable(text: string): string {
  const start = text.slice(0, 80).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return text.length > 80 ? `${start}...` : start;
}

/** UTF-8, or UTF-16 where a byte order mark says so, as spreadsheets write it. What is no such text becomes U+FFFD, which no domain has. */
function decode(octets: Uint8Array): string {
  const [first, second] = octets;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(octets);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(octets);
  return new TextDecoder('utf-8').decode(octets);
}

const LINE_END = /\r\n|\r|\n/;

function* rawLines(text: string): Generator<Found> {
  let line = 0;
  for (const raw of text.split(LINE_END)) yield { line: ++line, text: raw.trim() };
}

const isComment = (text: string) => text === '' || text.startsWith('#');

/** The first line that says something, or its beginning. */
function firstLine(text: string): string {
  for (const { text: line } of rawLines(text)) if (!isComment(line)) return line.slice(0, 10_000);
  return '';
}

function* lines(text: string): Generator<Found> {
  let isFirst = true;
  for (const { line, text: raw } of rawLines(text)) {
    if (isComment(raw)) continue;
    const [word = '', ...others] = raw.split(/\s+/, 2);
    const isHeader = isFirst && others.length === 0 && headerWords.includes(raw.toLowerCase());
    isFirst = false;
    if (isHeader) continue;
    if (others.length > 0 && !others[0]?.startsWith('#')) yield { line, text: raw, why: 'there is more than one word on the line' };
    else yield { line, text: word };
  }
}

/** Sections of the appliance's destination controls. */
function* sections(text: string): Generator<Found> {
  let open: Found | undefined;
  for (const { line, text: raw } of rawLines(text)) {
    if (isComment(raw) || raw.startsWith(';')) continue;
    const name = /^\[([^\]]*)\]$/.exec(raw)?.[1];
    if (name !== undefined) {
      if (open) yield open;
      open = name.trim() === 'DEFAULT' ? undefined : { line, text: name.trim() };
      continue;
    }
    const [, key, value] = /^([\w.-]+)\s*[=:]\s*(.*)$/.exec(raw.slice(0, 10_000)) ?? [];
    if (key === undefined) yield { line, text: raw, why: 'it is neither [a destination] nor key = value' };
    else if (open && value && /dane$/i.test(key)) open = { ...open, dane: value };
  }
  if (open) yield open;
}

const headerWords: readonly string[] = ['domain', 'domains', 'domain name', 'destination', 'destination domain', 'recipient domain'];

function separatorOf(first: string): string {
  const counts = [',', ';', '\t'].map((separator) => ({ separator, count: first.split(separator).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).separator;
}

interface CsvRow {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function* cells(text: string, separator: string, column: string | undefined): Generator<Found> {
  const skipped: Found[] = [];
  const rows = parse(text, {
    delimiter: separator,
    bom: true,
    info: true,
    trim: true,
    comment: '#',
    comment_no_infix: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error instanceof CsvError)
        skipped.push({
          line: Number((error as CsvError & { readonly lines?: number }).lines ?? 0),
          text: '',
          why: `no CSV: ${error.code}`,
        });
      return undefined;
    },
  }) as unknown as readonly CsvRow[];
  const header = rows[0]?.record.map((cell) => cell.toLowerCase()) ?? [];
  const at = columnOf(header, column);
  const daneAt = at.hasHeader ? header.indexOf('dane') : -1;
  let line = 1;
  for (const { record, info } of at.hasHeader ? rows.slice(1) : rows) {
    const cell = record[at.index] ?? '';
    const from = line;
    line = info.lines;
    if (record.every((each) => each === '')) continue;
    if (cell.length > MAX_DOMAIN_CHARACTERS && LINE_END.test(cell))
      yield { line: from, text: cell, why: `a quotation mark that is not closed: lines ${from} to ${info.lines} are one cell` };
    else yield { line: info.lines, text: cell, ...(daneAt < 0 || !record[daneAt] ? {} : { dane: record[daneAt] }) };
  }
  yield* skipped;
}

function columnOf(header: readonly string[], column: string | undefined): { readonly index: number; readonly hasHeader: boolean } {
  if (column === undefined) {
    const index = header.findIndex((cell) => headerWords.includes(cell));
    return index < 0 ? { index: 0, hasHeader: false } : { index, hasHeader: true };
  }
  const named = header.indexOf(column.trim().toLowerCase());
  if (named >= 0) return { index: named, hasHeader: true };
  if (/^[1-9]\d{0,3}$/.test(column) && Number(column) <= header.length) {
    const index = Number(column) - 1;
    return { index, hasHeader: headerWords.includes(header[index] ?? '') };
  }
  throw new ListError(`the list has no column ${printable(column)}`);
}
