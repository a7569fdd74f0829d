/** Two resolvers, as an appliance is given them: `zeker selftest` and `/readyz` say whether both can serve it, and whether they agree. */

import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PeerReport } from '../../src/http/health-route.ts';
import type { Service } from '../../src/main.ts';
import { checkNames } from '../../src/selftest/checks.ts';
import type { SelftestReport } from '../../src/selftest/selftest.ts';
import { run } from '../cli/run.ts';
import { openStage, type Stage, startOn } from './stage.ts';

const selftest = {
  secure: 'secure.sandbox',
  insecure: 'unsigned.sandbox',
  bogus: 'expired.sandbox',
  others: ['rsa.sandbox', 'no-tlsa.sandbox'],
};
const wrongAnchor = '. 3600 IN DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000\n';

let stage: Stage;
let folder: string;
const peers: Service[] = [];
const portOf = ({ dns }: Service) => dns[0]!.port;

async function openPeer(config: Readonly<Record<string, object>> = {}, anchors = stage.sandbox.anchors): Promise<Service> {
  const peer = await startOn({ port: stage.sandbox.port, hints: stage.sandbox.hints, anchors }, { selftest, ...config });
  await peer.resolver.prepare();
  peers.push(peer);
  return peer;
}

beforeAll(async () => {
  stage = await openStage({ addressBase: '127.61.41', config: { selftest } });
  folder = mkdtempSync(join(tmpdir(), 'zeker-selftest-'));
  writeFileSync(join(folder, 'zeker.yaml'), JSON.stringify({ selftest }));
});
afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.stop()));
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
});

const test2 = async (...ports: readonly number[]) => {
  const resolvers = ports.map((port) => `127.0.0.1:${port}`);
  const ended = await run('selftest', '--config', join(folder, 'zeker.yaml'), '--json', '--resolver', ...resolvers);
  return { ...ended, report: JSON.parse(ended.stdout) as SelftestReport };
};

const negativeAnchor = { zone: 'expired.sandbox', reason: 'test', until: '2099-01-01T00:00:00Z' };

describe('the command', () => {
  test('one that can do all, and two that agree', async () => {
    const one = await run('selftest', '--config', join(folder, 'zeker.yaml'), '--resolver', `127.0.0.1:${stage.dnsPort}`);
    expect(one).toMatchObject({ status: 0, stderr: '' });
    expect(one.stdout.split('\n')[0]).toBe('It can serve the appliance.');
    const two = await test2(stage.dnsPort, portOf(await openPeer()));
    expect([two.status, two.report.good]).toEqual([0, true]);
    expect(two.report.verdicts).toEqual([
      { zone: 'secure.sandbox', verdicts: ['secure', 'secure'], agree: true },
      { zone: 'unsigned.sandbox', verdicts: ['insecure', 'insecure'], agree: true },
      { zone: 'expired.sandbox', verdicts: ['bogus', 'bogus'], agree: true },
      { zone: 'rsa.sandbox', verdicts: ['secure', 'secure'], agree: true },
      { zone: 'no-tlsa.sandbox', verdicts: ['secure', 'secure'], agree: true },
    ]);
  });

  test.each([
    {
      title: 'a secondary that does not validate',
      config: { validation: { enabled: false } },
      wrong: ['secure', 'bogus'],
      differ: ['secure.sandbox', 'expired.sandbox', 'rsa.sandbox', 'no-tlsa.sandbox'],
    },
    {
      title: 'a secondary with a negative trust anchor',
      config: { validation: { negativeTrustAnchors: [negativeAnchor] } },
      wrong: ['bogus'],
      differ: ['expired.sandbox'],
    },
  ])('$title', async ({ config, wrong, differ }) => {
    const { status, report } = await test2(stage.dnsPort, portOf(await openPeer(config)));
    expect(status).toBe(3);
    const [own, other] = report.resolvers;
    expect(checkNames.filter((name) => own?.checks[name] !== undefined)).toEqual([]);
    expect(checkNames.filter((name) => other?.checks[name] !== undefined)).toEqual(wrong);
    expect(report.verdicts.filter(({ agree }) => !agree).map(({ zone }) => zone)).toEqual(differ);
  });

  test('a secondary that does not answer: nobody can tell', async () => {
    const nobody = await silentServer();
    try {
      const { status, report } = await test2(stage.dnsPort, nobody.address().port);
      expect([status, report.resolvers.map(({ answers }) => answers)]).toEqual([4, [true, false]]);
    } finally {
      nobody.close();
    }
  }, 60_000);

  test('a resolver that is no address', async () => {
    const ended = await run('selftest', '--resolver', 'resolver.example');
    expect([ended.status, ended.stderr]).toEqual([2, expect.stringContaining('It is an address or address:port')]);
  });
});

describe('/readyz with a peer', () => {
  const readyz = async (port: number) => {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    return { status: response.status, body: (await response.json()) as { ready: boolean; reasons: string[]; peer?: PeerReport } };
  };
  const watched = async (peerPort: number) => {
    const service = await openPeer({ peer: { address: `127.0.0.1:${peerPort}`, interval: 10 } });
    const port = service.http!.port;
    await vi.waitFor(async () => expect((await readyz(port)).body.peer?.state).not.toBe('not-checked'), { timeout: 30_000, interval: 50 });
    return { port, ...(await readyz(port)) };
  };

  test('without a peer nothing is told of one', async () => {
    expect((await readyz(stage.service.http!.port)).body).toEqual({ ready: true, reasons: [] });
  });

  test('one that agrees', async () => {
    const { status, body } = await watched(stage.dnsPort);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ready: true, reasons: [], peer: { address: `127.0.0.1:${stage.dnsPort}`, state: 'agrees', reasons: [] } });
  });

  test.each([
    {
      title: 'one that does not validate',
      config: { validation: { enabled: false } },
      reason: 'secure: what is secure comes without AD: it does not validate, or a negative trust anchor is set',
    },
    {
      title: 'one with a negative trust anchor',
      config: { validation: { negativeTrustAnchors: [negativeAnchor] } },
      reason: 'verdict: expired.sandbox is bogus to us and insecure to the peer',
    },
  ])('$title: 503, and /dane goes on', async ({ config, reason }) => {
    const { port, status, body } = await watched(portOf(await openPeer(config)));
    expect([status, body.ready, body.reasons, body.peer?.state]).toEqual([503, false, [], 'differs']);
    expect(body.peer?.reasons).toContain(reason);
    expect((await fetch(`http://127.0.0.1:${port}/dane/secure.sandbox`)).status).toBe(200);
    writeFileSync(join(folder, 'health.yaml'), JSON.stringify({ listen: { http: `127.0.0.1:${port}` } }));
    expect((await run('health', '--config', join(folder, 'health.yaml'))).status).toBe(0);
  });

  test('one with an old trust anchor', async () => {
    const { status, body } = await watched(portOf(await openPeer({ resolver: { priming: false } }, wrongAnchor)));
    expect([status, body.peer?.state]).toEqual([503, 'differs']);
    expect(body.peer?.reasons.join('\n')).toMatch(/^secure: what is secure is bogus to it: an old trust anchor, or a wrong clock\?/m);
  });

  test('one that is silent is told, and we go on', async () => {
    const nobody = await silentServer();
    try {
      const { status, body } = await watched(nobody.address().port);
      expect([status, body.ready, body.peer?.state]).toEqual([200, true, 'unreachable']);
    } finally {
      nobody.close();
    }
  }, 60_000);
});

/** Takes datagrams and says nothing; nobody listens over TCP. */
async function silentServer(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}
