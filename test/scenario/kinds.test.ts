/**
 * A row for every kind of scenario that other resolvers' suites have: it holds on a healthy internet, and with one part missing or wrong it
 * does not; and what a resolver must see through changes nothing.
 */

import { describe, expect, test } from 'vitest';
import { aliases, following } from './kinds/aliases.ts';
import { cutSides, delegations, optOut } from './kinds/cuts.ts';
import { bailiwick, ghosts, positive } from './kinds/data.ts';
import { nsec3Denial, nsecDenial } from './kinds/denial.ts';
import { flags } from './kinds/flags.ts';
import { healthy, play, type Row, type Setting } from './kinds/row.ts';
import { lameness, minimisation, reaching, secondOpinion, secondOpinionOnDenials } from './kinds/servers.ts';
import { singleFaults, trustAnchors } from './kinds/signatures.ts';
import { wildcards } from './kinds/wildcards.ts';
import { makeBench } from './world.ts';

const kinds: Readonly<Record<string, readonly Row[]>> = {
  'DS lookup, insecure delegation and its proofs': delegations,
  'opt-out': optOut,
  'parent and child side of a cut': cutSides,
  'each single thing wrong with DS, DNSKEY, RRSIG': singleFaults,
  'trust anchors, unknown algorithms': trustAnchors,
  'NSEC denial': nsecDenial,
  'NSEC3 denial': nsec3Denial,
  'wildcard proofs': wildcards,
  'CNAME and DNAME over secure, insecure and bogus zones': aliases,
  'alias following, loops, scrubbing': following,
  'QNAME minimisation': minimisation,
  'lame and DNSSEC-less servers': lameness,
  'priming, glue, cycles, dead servers, TCP': reaching,
  'retry at another server after bogus data': [...secondOpinion, ...secondOpinionOnDenials],
  'positive answers and stray data': positive,
  'bailiwick and poisoning': bailiwick,
  'ghost domains, delegation TTLs': ghosts,
  'AD, CD, DO': flags,
};

const rows = Object.entries(kinds).flatMap(([kind, list]) => list.map((row) => ({ kind, name: row.title, row })));

/** The row's internet with one thing changed; what a row has by itself stays. */
function benchOf(row: Row, change: Setting = {}) {
  return makeBench(change.world ?? row.world ?? healthy, {
    behaviours: [...(row.behaviours ?? []), ...(change.behaviours ?? [])],
    settings: { ...row.settings, ...change.settings },
  });
}

describe.each(rows)('$kind: $name', ({ row }) => {
  test('holds', async () => {
    const bench = benchOf(row);
    expect((await play(row, bench)).says).toBe(row.want);
    row.also?.(bench);
  });

  test.each(Object.entries(row.breaks))('%s', async (_how, broken) => {
    expect(broken.want, 'nothing would be broken').not.toBe(row.want);
    expect((await play(row, benchOf(row, broken))).says).toBe(broken.want);
  });

  test.each(Object.entries(row.stays ?? {}))('as well %s', async (_how, changed) => {
    const bench = benchOf(row, changed);
    expect(await play(row, bench)).toEqual(await play(row, benchOf(row)));
    row.also?.(bench);
  });
});
