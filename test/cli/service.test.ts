/** The service put together as main does it, on the sandbox. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { openLog } from '../../src/log.ts';
import { startService } from '../../src/main.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/internet.ts';

let folder: string;
let sandbox: Sandbox;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zeker-test-'));
  sandbox = await startSandbox({ port: 0, addressBase: '127.53.42' });
  writeFileSync(join(folder, 'hints'), sandbox.hints);
  writeFileSync(join(folder, 'anchors'), sandbox.anchors);
});
afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

function configWith(resolver: object, more: object = {}) {
  const text = {
    listen: { dns: ['127.0.0.1:0'], http: '127.0.0.1:0' },
    root: { hints: 'hints' },
    trust: { anchors: 'anchors' },
    resolver: { upstreamPort: sandbox.port, doNotQuery: [], ...resolver },
    log: { level: 'silent' },
    ...more,
  };
  return parseConfig(JSON.stringify(text), 'test', folder);
}

async function readyz(port: number | undefined): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  await response.text();
  return response.status;
}

describe('readiness', () => {
  test('with priming it gets ready by itself', async () => {
    const service = await startService(configWith({}));
    await vi.waitFor(async () => expect(await readyz(service.http?.port)).toBe(200), 10_000);
    await service.stop();
  });

  test('without priming it sends nothing that nobody asked for; /readyz has it get ready', async () => {
    const before = sandbox.queries();
    const service = await startService(configWith({ priming: false }));
    expect(await (await fetch(`http://127.0.0.1:${service.http?.port}/healthz`)).json()).toMatchObject({ status: 'ok' });
    expect(sandbox.queries()).toBe(before);
    expect(await readyz(service.http?.port)).toBe(503);
    await vi.waitFor(async () => expect(await readyz(service.http?.port)).toBe(200), 10_000);
    expect(sandbox.queries()).toBeGreaterThan(before);
    await service.stop();
  });

  test('with servers that do not answer it listens, and is not ready', async () => {
    const service = await startService(configWith({ upstreamPort: 9 }));
    expect(await readyz(service.http?.port)).toBe(503);
    await service.stop();
  });
});

test('validation.time judges signatures at that moment: what is valid today was not before it was signed', async () => {
  const service = await startService(configWith({}, { validation: { time: '2020-01-01T00:00:00Z' } }));
  await vi.waitFor(() => expect(service.resolver.readiness().reasons).not.toEqual([]), 10_000);
  expect(service.resolver.readiness().ready).toBe(false);
  await service.stop();
});

test('http.access and access.allow are lists of their own', async () => {
  const service = await startService(configWith({}, { http: { access: ['192.0.2.0/24'] }, access: { allow: ['0.0.0.0/0'] } }));
  expect(await readyz(service.http?.port)).toBe(403);
  await service.stop();
});

test('listen.http: false listens on no HTTP port', async () => {
  const service = await startService(configWith({ priming: false }, { listen: { dns: ['127.0.0.1:0', '[::1]:0'], http: false } }));
  expect(service.http).toBeUndefined();
  expect(service.dns.map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
  await service.stop();
});

test('stop lets a query in flight have its answer', async () => {
  const service = await startService(configWith({}));
  await vi.waitFor(() => expect(service.resolver.readiness().ready).toBe(true), 10_000);
  const client = createSocket('udp4');
  const before = sandbox.queries();
  const reply = once(client, 'message') as Promise<[Buffer]>;
  client.send(
    encode({ type: 'query', id: 7, flags: 0x100, questions: [{ name: 'lame.sandbox', type: 'A' }] }),
    service.dns[0]?.port as number,
    '127.0.0.1',
  );
  await vi.waitFor(() => expect(sandbox.queries()).toBeGreaterThan(before), 5_000);
  const stopped = service.stop();
  const [octets] = await reply;
  client.close();
  expect(octets.readUInt16BE(0)).toBe(7);
  expect((octets[3] as number) & 0x0f).toBe(2); // SERVFAIL: the zone is lame
  await stopped;
});

test('after stop nothing listens any more', async () => {
  const service = await startService(configWith({ priming: false }));
  const ports = [service.dns[0]?.port, service.http?.port];
  await service.stop();
  for (const port of ports) {
    const refused = new Promise((resolve) =>
      connect(port as number, '127.0.0.1').on('error', (error) => resolve((error as NodeJS.ErrnoException).code)),
    );
    expect(await refused).toBe('ECONNREFUSED');
  }
});

describe('what an operator is told', () => {
  const logged = () => {
    const lines: { readonly level: string; readonly msg: string; readonly reasons?: string[]; readonly lastFailure?: string }[] = [];
    const file = join(folder, 'told.log');
    rmSync(file, { force: true });
    const { log, close } = openLog({ level: 'info', file });
    return {
      log,
      read() {
        close();
        lines.push(
          ...readFileSync(file, 'utf8')
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as (typeof lines)[number]),
        );
        return lines;
      },
    };
  };

  test('why it is not ready: the last server and what came instead of an answer; and that it has stopped', async () => {
    const { log, read } = logged();
    const service = await startService(configWith({ upstreamPort: 9 }), { log });
    await vi.waitFor(() => expect(readFileSync(join(folder, 'told.log'), 'utf8')).toContain('"not ready"'), 15_000);
    await service.stop();
    const lines = read();
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: 'not ready',
        lastFailure: expect.stringMatching(/^127\.53\.42\.\d+:9 over UDP: nothing listens there$/),
      }),
    );
    expect(lines.at(-1)?.msg).toBe('stopped');
  });

  test('that no anchor means no validation, at every start; and yet it gets ready', async () => {
    const { log, read } = logged();
    writeFileSync(join(folder, 'empty'), '; nothing\n\n');
    const service = await startService(configWith({}, { trust: { anchors: 'empty' } }), { log });
    await vi.waitFor(() => expect(service.resolver.readiness().ready).toBe(true), 10_000);
    await service.stop();
    expect(read()).toContainEqual(
      expect.objectContaining({ level: 40, msg: 'trust.anchors holds no anchor: every answer will be insecure' }),
    );
  });
});

test('/metrics has the entries of each cache once, and the octets of all together', async () => {
  const service = await startService(configWith({}));
  await vi.waitFor(() => expect(service.resolver.readiness().ready).toBe(true), 10_000);
  const body = await (await fetch(`http://127.0.0.1:${service.http?.port}/metrics`)).text();
  const labels = (name: string) => [...body.matchAll(new RegExp(`^${name}\\{cache="([^"]+)"\\}`, 'gm'))].map(([, cache]) => cache);
  expect(labels('zeker_cache_entries').sort()).toEqual([
    'answer-table',
    'bogus',
    'dane-verdicts',
    'delegation',
    'denial',
    'failure',
    'keys',
    'rrset',
    'server',
  ]);
  expect(labels('zeker_cache_octets').sort()).toEqual(['answer-table', 'dane-verdicts', 'resolver']);
  await service.stop();
});

describe('an IPv6 address that this machine has not', () => {
  const absent = { address: '2001:db8::53', port: 0 };
  const withAbsent = (byDefault: boolean) => {
    const config = configWith({ priming: false });
    return { ...config, listen: { ...config.listen, dns: [...config.listen.dns, absent], byDefault } };
  };

  test('among the defaults is passed over', async () => {
    const service = await startService(withAbsent(true));
    expect(service.dns.map(({ address }) => address)).toEqual(['127.0.0.1']);
    await service.stop();
  });

  test('is a fault where the operator wrote it', async () => {
    await expect(startService(withAbsent(false))).rejects.toThrow(
      'cannot listen on [2001:db8::53]:0 (UDP): this machine has no such address',
    );
  });
});

describe('log.file', () => {
  test('is made with mode 0600, appended to, and makes room past its limit', () => {
    const file = join(folder, 'zeker.log');
    writeFileSync(file, 'before\n', { mode: 0o644 });
    const { log, close } = openLog({ level: 'info', file, maxOctets: 200 });
    for (let i = 0; i < 10; i++) log.info({ i }, 'a line of some length');
    close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(file).size).toBeLessThan(400);
    expect(readFileSync(`${file}.1`, 'utf8').length).toBeLessThan(400);
    expect(readFileSync(file, 'utf8')).toContain('"i":9');
  });

  test('is not followed through a link', () => {
    const link = join(folder, 'link.log');
    symlinkSync(join(folder, 'elsewhere'), link);
    expect(() => openLog({ level: 'info', file: link })).toThrow('it is a symbolic link');
  });

  test('has no lines below its level', () => {
    const file = join(folder, 'level.log');
    const { log, close } = openLog({ level: 'warn', file });
    log.info('no');
    log.warn('yes');
    close();
    expect(readFileSync(file, 'utf8')).toMatch(/^\{"level":40.*"msg":"yes"\}\n$/);
  });
});
