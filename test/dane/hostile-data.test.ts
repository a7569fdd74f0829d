import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { ValidationState } from '../../src/base/validation.ts';
import { createDaneCheck } from '../../src/dane/check.ts';
import { formatTranscript } from '../../src/dane/transcript.ts';
import { daneReportSchema } from '../../src/http/dane-schema.ts';
import { mx, NOW, type Scripted, scriptedResolver, USABLE } from './scripted-resolver.ts';

const octets = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 });
const state = fc.constantFrom<ValidationState>('secure', 'insecure', 'bogus', 'indeterminate');
const lookup = (rdata: fc.Arbitrary<Uint8Array[]>): fc.Arbitrary<Scripted> =>
  fc.record({
    state,
    rdata,
    kind: fc.constantFrom('answer', 'nodata', 'nxdomain', 'failure'),
    aliases: fc.array(fc.record({ target: fc.constantFrom('a.test', 'mx.example', 'b.test'), state }), { maxLength: 3 }),
    ttl: fc.integer({ min: -10, max: 2 ** 31 - 1 }),
  });
const addresses = (length: number) => fc.oneof(octets, fc.array(fc.uint8Array({ minLength: length, maxLength: length }), { maxLength: 3 }));
const tlsa = fc.oneof(octets, fc.constant(USABLE));
const exchanges = fc.oneof(
  octets,
  fc.constant(mx([10, 'mx.example'])),
  fc.constant(mx([0, '.'], [5, '\\000.example'], [10, 'mx.example'])),
);

const validate = new Ajv2020({ formats: { 'date-time': true } }).compile(daneReportSchema);

test('whatever the resolver says, there is a report, by the schema, and a transcript of whole lines', async () => {
  await fc.assert(
    fc.asyncProperty(lookup(exchanges), lookup(addresses(4)), lookup(addresses(16)), lookup(tlsa), async (mxAnswer, a, aaaa, records) => {
      const resolver = scriptedResolver({
        'example MX': mxAnswer,
        'mx.example A': a,
        'mx.example AAAA': aaaa,
        '_25._tcp.mx.example TLSA': records,
        '_25._tcp.a.test TLSA': records,
      });
      const report = await createDaneCheck({ resolver, now: () => NOW })(parseName('example'));
      expect(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors)).toBe(true);
      const text = formatTranscript(report);
      expect(text).toMatch(/^(?:[\x20-\x7e]+\n)+$/);
      expect(text).not.toContain('undefined');
      expect(text).not.toContain('DANE SUCCESS');
      // Nothing is verified but through a secure MX RRset (or its secure denial) and secure TLSA records.
      if (report.rfc7672.mandatory.startsWith('verified'))
        expect([report.mx.proof, report.mx.hosts.some(({ candidates }) => candidates.at(-1)?.status === 'secure')]).toEqual([
          'secure',
          true,
        ]);
    }),
    { numRuns: 500, seed: 20261124 },
  );
});
