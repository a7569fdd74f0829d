/**
 * A preflight as a table, as CSV and as JSON. Each begins with the domains whose mail stops. They hold no moment and no duration: the same
 * verdicts give the same octets.
 */

import { stringify } from 'csv-stringify/sync';
import { adviceFor } from '../dane/advice.ts';
import type { DomainReason } from '../dane/verdicts.ts';
import type { DomainList, ListFormat, Unread } from './domain-list.ts';
import type { Outcome, PreflightReason } from './judge.ts';
import type { Judge, PlanSettings } from './plan.ts';
import { countRows, type PreflightCounts, type PreflightRow, sortRows } from './row.ts';

export interface PreflightSummary {
  readonly policy: 'opportunistic' | 'mandatory';
  readonly judge: Judge;
  readonly format: ListFormat;
  /** Domains in the list, each counted once. */
  readonly domains: number;
  readonly duplicates: number;
  /** Lines that are no mail domain. */
  readonly unreadCount: number;
  readonly counts: PreflightCounts['outcomes'];
  readonly reasons: readonly (PreflightCounts['reasons'][number] & { readonly advice?: string })[];
}

export interface PreflightReport {
  /** Domains whose mail stops. */
  readonly held: readonly string[];
  readonly summary: PreflightSummary;
  /** By outcome, then by name. */
  readonly rows: readonly PreflightRow[];
  /** The first of the lines that are no mail domain. */
  readonly unread: readonly Unread[];
}

/** Puts the report together. @param rows one a domain, in any order */
export function makeReport(list: DomainList, { policy, judge }: PlanSettings, rows: readonly PreflightRow[]): PreflightReport {
  const sorted = sortRows(rows);
  const { outcomes: counts, reasons } = countRows(sorted);
  return {
    held: sorted.filter(({ outcome }) => outcome === 'held').map(({ domain }) => domain),
    summary: {
      policy,
      judge,
      format: list.format,
      domains: list.domains.length,
      duplicates: list.duplicates,
      unreadCount: list.unreadCount,
      counts,
      reasons: reasons.map((counted) => ({ ...counted, ...adviceOn(counted.reason) })),
    },
    rows: sorted,
    unread: list.unread,
  };
}

const ownAdvice = {
  'smtp-route':
    'An SMTP route leads elsewhere than USEDNS, and DANE fails there: give the domain a destination control with DANE none, or the route USEDNS.',
  'dane-off': 'DANE stays off there: the list says so.',
  'check-not-finished': 'The check took too long: run the preflight again.',
} as const satisfies Record<Exclude<PreflightReason, DomainReason>, string>;

function adviceOn(reason: PreflightReason): { readonly advice?: string } {
  const advice = reason in ownAdvice ? ownAdvice[reason as keyof typeof ownAdvice] : adviceFor([reason as DomainReason])[0];
  return advice === undefined ? {} : { advice };
}

/** CSV (RFC 4180) with a header. A cell that a spreadsheet would take for a formula is escaped. */
export function formatCsv({ rows }: PreflightReport): string {
  return stringify(
    rows.map(({ internal, ...row }) => ({ ...row, internal: internal ? 'yes' : 'no' })),
    {
      header: true,
      columns: ['domain', 'outcome', 'reason', 'policy', 'internal', 'detail'],
      record_delimiter: '\r\n',
      escape_formulas: true,
    },
  );
}

export function formatJson(report: PreflightReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

const outcomeWords = {
  held: 'mail stops',
  'cannot-tell': 'cannot tell',
  'no-mail': 'no mail, DANE or not',
  fallback: 'falls back',
  verified: 'verified *',
  'not-applied': 'DANE stays off',
} as const satisfies Record<Outcome, string>;

/** The report for people: what stops, counts and reasons, then all others, then what could not be read. */
export function formatTable({ summary, rows, unread }: PreflightReport): string {
  const held = rows.filter(({ outcome }) => outcome === 'held');
  const others = rows.filter(({ outcome }) => outcome !== 'held');
  return [
    headline(summary),
    ...columns(held.map((row) => ['', row.domain, reasonText(row)])),
    ...internalWarning(rows),
    '',
    ...countLines(summary),
    ...(others.length > 0 ? ['', ...columns(others.map((row) => [outcomeWords[row.outcome], row.domain, reasonText(row)]))] : []),
    ...(summary.unreadCount > 0 ? ['', ...unreadLines(summary, unread)] : []),
    '',
  ].join('\n');
}

function headline({ policy, judge, domains, counts, unreadCount }: PreflightSummary): string {
  if (domains === 0) return 'The list has no domain that could be read: nobody can tell.';
  const rules = judge === 'appliance' ? "the appliance's tables" : 'RFC 7672';
  const when = `when DANE is switched to ${policy}, by ${rules}`;
  if (counts.held > 0) return `Mail to ${counts.held} of ${plural(domains, 'domain')} stops ${when}:`;
  const untold = counts['cannot-tell'] + unreadCount;
  if (untold === 0) return `No mail stops ${when} (${plural(domains, 'domain')}).`;
  return `No mail is known to stop ${when} (${plural(domains, 'domain')}); ${untold} could not be told or read.`;
}

const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

function reasonText({ reason, detail, internal }: PreflightRow): string {
  return `${reason}${detail === undefined ? '' : ` (${detail})`}${internal ? ', internal' : ''}`;
}

/** Domains of our own under DANE: what works outside may break inside (split DNS, internal hosts without TLSA). */
function internalWarning(rows: readonly PreflightRow[]): string[] {
  const count = rows.filter(({ internal, policy }) => internal && policy !== 'none').length;
  return count === 0
    ? []
    : ['', `Warning: ${plural(count, 'internal domain')} would be checked by DANE: give each a destination control with DANE none.`];
}

function countLines({ counts, reasons, duplicates, unreadCount }: PreflightSummary): string[] {
  const totals = (Object.keys(outcomeWords) as Outcome[])
    .filter((outcome) => counts[outcome] > 0)
    .flatMap((outcome) => [
      [String(counts[outcome]), outcomeWords[outcome], ''],
      ...reasons
        .filter((counted) => counted.outcome === outcome)
        .map(({ reason, count, advice }) => ['', `${String(count).padStart(6)} ${reason}`, outcome === 'verified' ? '' : (advice ?? '')]),
    ]);
  const notes = [
    ...(counts.verified > 0 ? ['* if its certificates match; no certificate was looked at'] : []),
    ...(duplicates > 0 ? [`${plural(duplicates, 'line')} named a domain again`] : []),
    ...(unreadCount > 0 ? [`${plural(unreadCount, 'line')} could not be read, see the end`] : []),
  ];
  return [...columns(totals), ...notes];
}

function unreadLines({ unreadCount }: PreflightSummary, unread: readonly Unread[]): string[] {
  const rest = unreadCount - unread.length;
  return [
    'Not read:',
    ...unread.map(({ line, text, why }) => `line ${line}: ${text === '' ? '(empty)' : text}: ${why}`),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ];
}

/** Cells under each other; the last of a line has no padding. */
function columns(table: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of table) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return table.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
