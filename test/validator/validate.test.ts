/** How long a denial may be kept (RFC 2308 §5, RFC 9077 §3). */

import { expect, test } from 'vitest';
import type { RRset } from '../../src/base/record.ts';
import { denialTtl } from '../../src/validator/validate.ts';
import { rrset } from '../scenario/rrset.ts';

const soa = (ttl: number, minimum: number): RRset => rrset('test.', 'SOA', [`ns.test. host.test. 1 2 3 4 ${minimum}`], ttl);
const nsec = (ttl: number): RRset => rrset('a.test.', 'NSEC', ['b.test. A'], ttl);

test.each<[string, readonly RRset[], number]>([
  ['the TTL of the SOA', [soa(100, 300)], 100],
  ['its MINIMUM, where that is less', [soa(300, 100)], 100],
  ['the TTL of NSEC, where that is less', [soa(300, 300), nsec(50)], 50],
  ['not that of NSEC, where that is more (RFC 9077)', [soa(300, 60), nsec(86_400)], 60],
  ['three hours at most', [soa(86_400, 86_400)], 10_800],
  ['a proof alone', [nsec(200)], 200],
  ['nothing at all is not kept', [], 0],
  ['a MINIMUM of 0 is not kept', [soa(300, 0)], 0],
  ['a malformed SOA is not kept', [{ ...soa(300, 300), rdata: [Uint8Array.of(9)] }], 0],
])('%s', (_title, authority, want) => {
  expect(denialTtl(authority)).toBe(want);
});
