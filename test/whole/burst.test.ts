/** Many questions at once at a zone with one near server, whose replies come while the service has its hands full. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTcp } from './client.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ addressBase: '127.61.2' });
});
afterAll(() => stage.close());

test('300 questions at once at a zone with one server: all are answered, for that server answers all', async () => {
  const clients = await Promise.all([1, 2, 3].map(() => openTcp(stage.dnsPort)));
  // The server is known to be near, so that the wait for it is short.
  for (let n = 0; n < 10; n++) await clients[0]!.ask({ name: `before${n}.wildcard.sandbox`, type: 'A' });
  const replies = await Promise.all(
    clients.flatMap((client, c) =>
      Array.from({ length: 100 }, (_, n) => client.ask({ name: `n${c}-${n}.wildcard.sandbox`, type: 'A', ad: true })),
    ),
  );
  for (const client of clients) client.close();
  expect(replies.filter(({ rcode, ad }) => rcode !== 'NOERROR' || !ad).map(({ question, ede }) => `${question} ${ede[0]?.text}`)).toEqual(
    [],
  );
});
