import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appFor } from './app-for-test.ts';

const percent = fc
  .uint8Array({ maxLength: 80 })
  .map((octets) => [...octets].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join(''));
const text = fc.string({ maxLength: 80 }).map(encodeURIComponent);
const unescaped = fc.string({ unit: fc.constantFrom(...'abc.-_~!$&()*+,;=:@%/?#[]0'), maxLength: 80 });
const path = fc.oneof(percent, text, unescaped);

test('whatever the URL, the answer is a verdict or a sentence', async () => {
  const { app } = appFor({});
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('/dane/', '/resolve/', '/resolve/example/', '/'), path, path, async (route, name, query) => {
      const response = await app.inject(`${route}${name}?${query}`);
      expect([200, 400, 404]).toContain(response.statusCode);
      if (response.statusCode !== 200) expect(Object.keys(response.json())).toEqual(['error', 'message']);
    }),
    { numRuns: 500, seed: 20261124 },
  );
  await app.close();
});
