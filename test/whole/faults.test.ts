/** Servers that misbehave: with nobody else to ask a verdict may become indeterminate or bogus, and with one sound server it stays. */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Fault, faults } from '../../src/sandbox/fault.ts';
import { startSandbox } from '../../src/sandbox/internet.ts';
import { askUdp } from './client.ts';
import { openStage, type Stage, startOn } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ addressBase: '127.61.7' });
});
afterAll(() => stage.close());

/** Signed zones with one server, a fault for each. */
const zones = [
  'rsa',
  'p384',
  'ed25519',
  'ed448',
  'dane-ta',
  'no-mx',
  'null-mx',
  'wildcard',
  'tlsa-alias',
  'no-tlsa',
  'unusable-tlsa',
  'large',
  'mixed-mx',
  'cname-original',
];
const rows = faults.map((fault, index) => ({ fault, zone: `${zones[index]}.sandbox` }));

/** Data without the signatures that its DS promises is bogus; all else says nothing of the data. */
const infoCodes: Partial<Record<Fault, readonly number[]>> = { unsigned: [9, 10], stale: [7] };
const unreachable = [22, 23];

describe.concurrent('the only server of a zone', { timeout: 30_000 }, () => {
  test.each(rows)('is $fault', async ({ fault, zone }) => {
    const server = `ns1.${zone}`;
    stage.sandbox.setFault(server, fault);
    const broken = await askUdp(stage.dnsPort, { name: zone, type: 'SOA', dnssecOk: true });
    if (fault === 'slow' && broken.rcode === 'NOERROR') expect(broken.ad).toBe(true);
    else {
      expect(broken).toMatchObject({ rcode: 'SERVFAIL', ad: false, answer: [], authority: [] });
      expect(infoCodes[fault] ?? unreachable, JSON.stringify(broken.ede)).toContain(broken.ede[0]?.code);
    }
    stage.sandbox.setFault(server, undefined);
    if (infoCodes[fault]) return; // that is kept for a minute
    let serial = 0;
    const again = () => askUdp(stage.dnsPort, { name: `again${serial++}.${zone}`, type: 'SOA', dnssecOk: true });
    await vi.waitFor(async () => expect(await again(), 'sound again').toMatchObject({ ad: true }), { timeout: 15_000, interval: 500 });
  });
});

describe('one of two servers each, at the root, at the top level domain and at the leaf', () => {
  const servers = ['a.root-servers', 'a.nic.sandbox', 'ns1.secure.sandbox'];

  // A stream that trickles is waited for 3 s: at three levels one after the other that is longer than a client is kept waiting.
  const rows = faults.flatMap((fault): { fault: Fault; at: string[] }[] =>
    fault === 'slow-over-tcp' ? servers.map((one) => ({ fault, at: [one] })) : [{ fault, at: servers }],
  );

  test.each(rows)('is $fault at $at, and all validates', { timeout: 30_000 }, async ({ fault, at }) => {
    for (const server of at) stage.sandbox.setFault(server, fault);
    const service = await startOn(stage.sandbox);
    const port = service.dns[0]!.port;
    const [mx, denial] = await Promise.all([
      askUdp(port, { name: 'secure.sandbox', type: 'MX', dnssecOk: true }),
      askUdp(port, { name: 'nobody.secure.sandbox', type: 'A', dnssecOk: true }),
    ]);
    for (const server of at) stage.sandbox.setFault(server, undefined);
    await service.stop();
    expect(mx, JSON.stringify(mx.ede)).toMatchObject({ rcode: 'NOERROR', ad: true });
    expect(denial, JSON.stringify(denial.ede)).toMatchObject({ rcode: 'NXDOMAIN', ad: true });
  });
});

/** A level each on an internet of its own, so that the levels wait side by side. */
describe.concurrent('all servers of a level', { timeout: 240_000 }, () => {
  test.each([
    ['the root', ['a.root-servers', 'b.root-servers'], '127.61.8'],
    ['the top level domain', ['a.nic.sandbox', 'b.nic.sandbox'], '127.61.9'],
    ['the leaf', ['ns1.secure.sandbox', 'ns2.secure.sandbox'], '127.61.10'],
  ])('%s: whatever they do, nothing is secure that is not right, and nothing insecure', async (_level, servers, addressBase) => {
    const sandbox = await startSandbox({ port: 0, addressBase });
    try {
      for (const fault of faults) {
        for (const server of servers) sandbox.setFault(server, fault);
        const service = await startOn(sandbox);
        const asked = performance.now();
        const reply = await askUdp(service.dns[0]!.port, { name: 'secure.sandbox', type: 'MX', dnssecOk: true });
        const tookMs = performance.now() - asked;
        await service.stop();
        const told = `${fault}: ${JSON.stringify(reply.ede)}`;
        if (fault === 'slow' && reply.rcode === 'NOERROR') expect(reply.ad, told).toBe(true);
        else {
          expect(reply, told).toMatchObject({ rcode: 'SERVFAIL', ad: false, answer: [], authority: [] });
          expect(infoCodes[fault] ?? unreachable, told).toContain(reply.ede[0]?.code);
        }
        expect(tookMs, told).toBeLessThan(10_000);
      }
    } finally {
      await sandbox.stop();
    }
  });
});
