/** The self-test of one or more resolvers: what each can do, what each says of the same names, and whether they agree. */

import { formatName, type Name } from '../base/name.ts';
import { type CheckResults, checkNames, checkResolver, type KnownZones } from './checks.ts';
import { type Ask, askVerdict, type Verdict } from './reply.ts';

export interface SelftestZones extends KnownZones {
  /** Further zones on which all must agree. */
  readonly others: readonly Name[];
}

export interface ResolverUnderTest {
  /** How reports call it. */
  readonly label: string;
  readonly ask: Ask;
}

export interface ResolverReport {
  readonly resolver: string;
  /** It answers at all. */
  readonly answers: boolean;
  readonly checks: CheckResults;
}

export interface VerdictRow {
  /** Without last dot. */
  readonly zone: string;
  /** One a resolver, in their order. */
  readonly verdicts: readonly Verdict[];
  readonly agree: boolean;
}

export interface SelftestReport {
  /** Everything holds everywhere, and all agree. */
  readonly good: boolean;
  readonly resolvers: readonly ResolverReport[];
  readonly verdicts: readonly VerdictRow[];
}

/** Tests all at once. @param label a label that stands nowhere */
export async function selftest(resolvers: readonly ResolverUnderTest[], zones: SelftestZones, label: string): Promise<SelftestReport> {
  const [reports, verdicts] = await Promise.all([
    Promise.all(resolvers.map((resolver) => reportOn(resolver, zones, label))),
    Promise.all(allZones(zones).map((zone) => compare(resolvers, zone))),
  ]);
  const good =
    reports.every(({ checks }) => checkNames.every((name) => checks[name] === undefined)) && verdicts.every(({ agree }) => agree);
  return { good, resolvers: reports, verdicts };
}

/** Each once. */
export function allZones({ secure, insecure, bogus, others }: SelftestZones): readonly Name[] {
  return [...new Map([secure, insecure, bogus, ...others].map((zone) => [zone.key, zone])).values()];
}

async function reportOn({ label: resolver, ask }: ResolverUnderTest, zones: KnownZones, label: string): Promise<ResolverReport> {
  const checks = await checkResolver(ask, zones, label);
  return { resolver, answers: checks.udp === undefined || checks.tcp === undefined, checks };
}

async function compare(resolvers: readonly ResolverUnderTest[], zone: Name): Promise<VerdictRow> {
  const verdicts = await Promise.all(resolvers.map(async ({ ask }) => (await askVerdict(ask, zone)).verdict));
  return { zone: textOf(zone), verdicts, agree: new Set(verdicts).size <= 1 };
}

/** A zone as reports have it. */
export function textOf(zone: Name): string {
  return zone.labels === 0 ? '.' : formatName(zone).slice(0, -1);
}

/** A table for people: checks, verdicts, then a line for each thing that is wrong. */
export function formatSelftest({ good, resolvers, verdicts }: SelftestReport): string {
  const faults = resolvers.flatMap(({ resolver, answers, checks }) =>
    answers
      ? checkNames.filter((name) => checks[name] !== undefined).map((name) => `${resolver}, ${name}: ${checks[name]}`)
      : [`${resolver} does not answer: ${checks.udp}`],
  );
  const differing = verdicts.filter(({ agree }) => !agree);
  const rows = [
    ['check', ...resolvers.map(({ resolver }) => resolver)],
    ...checkNames.map((name) => [name, ...resolvers.map(({ checks }) => (checks[name] === undefined ? 'good' : 'WRONG'))]),
    [''],
    ['zone', ...resolvers.map(({ resolver }) => resolver)],
    ...verdicts.map(({ zone, verdicts: said, agree }) => [zone, ...said, ...(agree ? [] : ['THEY DIFFER'])]),
  ];
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const verdict = good
    ? resolvers.length > 1
      ? 'All of them can serve the appliance, and they agree.'
      : 'It can serve the appliance.'
    : `${faults.length} ${faults.length === 1 ? 'thing is' : 'things are'} wrong${resolvers.length > 1 ? `, and they differ on ${differing.length} of ${verdicts.length} zones` : ''}.`;
  return `${[verdict, '', ...lines, ...(faults.length > 0 ? ['', ...faults] : [])].join('\n')}\n`;
}
