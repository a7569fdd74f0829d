import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/internet.ts';
import { run, start } from './run.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zeker-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

test('--version is that of package.json', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(await run('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
});

test('config-schema prints a JSON schema', async () => {
  const { status, stdout } = await run('config-schema');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ type: 'object', additionalProperties: false, properties: { listen: {}, trust: {} } });
});

test('daneverify --help tells the exit statuses', async () => {
  const { stdout } = await run('daneverify', '--help');
  for (const told of ['Exit status: 0 ', '1 ', '2 ', '3 ', '4 ']) expect(stdout.slice(stdout.indexOf('Exit status:'))).toContain(told);
});

test('--help tells the exit statuses', async () => {
  expect(await run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('Exit status: 0') });
});

describe('a wrong command line exits 2', () => {
  test.each([
    { args: ['frobnicate'], says: 'unknown command' },
    { args: ['query', 'example..com', 'MX'], says: 'zeker: This is not the name of a domain: a domain name has no empty label.' },
    {
      args: ['query', 'bücher.de', 'MX'],
      says: 'zeker: This is not the name of a domain: letters beyond ASCII must be given in A-label form',
    },
    {
      args: ['daneverify', 'a@b.c'],
      says: 'zeker: This is not the name of a domain: it is a mail address; ask for the part behind the @.',
    },
    { args: ['daneverify', '192.0.2.1'], says: 'zeker: This is not the name of a domain: it is an IP address, and DANE does not apply' },
    { args: ['daneverify', '[IPv6:2001:db8::1]'], says: 'zeker: This is not the name of a domain: it is an IP address' },
    { args: ['daneverify', 'secure.sandbox', '--port', '0'], says: 'It is a port, 1 to 65535.' },
    { args: ['daneverify', '.'], says: 'zeker: This is not the name of a domain: the root takes no mail.' },
    { args: ['query', 'example.com', 'NOTYPE'], says: 'zeker: This is no RR type: give a mnemonic such as MX' },
    { args: ['query', 'example.com', 'AXFR'], says: 'zeker: This type is no data that a zone can hold' },
    { args: ['demo', '--dns-port', '70000'], says: 'port' },
    { args: ['serve', '--nonsense'], says: 'unknown option' },
  ])('$args', async ({ args, says }) => {
    const { status, stderr } = await run(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/^\s+at |command-argument/m);
  });
});

const validDs = '. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D';

describe('a fault of the configuration is one clear line', () => {
  test.each([
    { title: 'unknown key', text: 'listen:\n  htpp: x\n', says: /^zeker: .*a\.yaml:2: listen\.htpp: there is no such key$/ },
    {
      title: 'bad anchor',
      text: 'trust: { anchors: bad.anchors }\n',
      says: /^zeker: .*\/bad\.anchors:2: a digest of type 2 has 32 octets, this one 2 \(trust\.anchors, .*\/a\.yaml:1\)$/,
    },
    {
      title: 'bad hints',
      text: 'root:\n  hints: bad.anchors\n',
      says: /^zeker: .*\/bad\.anchors:1: a hint is no DS record \(root\.hints, .*\/a\.yaml:2\)$/,
    },
    {
      title: 'anchors not there',
      text: '# mine\ntrust:\n  anchors: none.anchors\n',
      says: /^zeker: .*\/a\.yaml:3: trust\.anchors: .*\/none\.anchors cannot be read: no such file$/,
    },
    {
      title: 'hints that are a folder',
      text: 'root: { hints: . }\n',
      says: /^zeker: .*\/a\.yaml:1: root\.hints: .* cannot be read: it is a folder$/,
    },
    {
      title: 'a log file behind a link',
      text: 'log: { file: link.log }\n',
      command: 'serve',
      says: /^zeker: .*\/a\.yaml:1: log\.file: .*\/link\.log cannot be opened: it is a symbolic link$/,
    },
    {
      title: 'a log file in a folder that is not there',
      text: 'log: { file: none/zeker.log }\n',
      command: 'serve',
      says: /^zeker: .*\/a\.yaml:1: log\.file: .*\/none\/zeker\.log cannot be opened: no such file$/,
    },
  ])('$title', async ({ text, says, command = 'check-config' }) => {
    write('bad.anchors', `${validDs}\n. IN DS 1 8 2 ABCD\n`);
    symlinkSync(join(folder, 'target.log'), join(folder, 'link.log'), 'file');
    const file = write('a.yaml', text);
    const ended = await run(...(command === 'serve' ? ['serve', '--config', file] : [command, file]));
    rmSync(join(folder, 'link.log'));
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr.split('\n')).toHaveLength(1);
    expect(ended.status).toBe(2);
  });

  test('a configuration that is not there exits 2', async () => {
    const { status, stderr } = await run('serve', '--config', join(folder, 'none.yaml'));
    expect({ status, stderr }).toEqual({ status: 2, stderr: `zeker: ${join(folder, 'none.yaml')}: cannot be read: no such file` });
  });

  test('a port that is taken exits 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { status, stderr } = await run('serve', '--config', write('taken.yaml', `listen: { dns: ['127.0.0.1:${port}'], http: false }\n`));
    other.close();
    expect(stderr).toBe(`zeker: cannot listen on 127.0.0.1:${port} (TCP): another program listens there already`);
    expect(status).toBe(1);
  });

  test('an HTTP port that is taken exits 1, and the DNS ports are given back', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { status, stderr } = await run(
      'serve',
      '--config',
      write('http.yaml', `listen: { dns: ['127.0.0.1:0'], http: 127.0.0.1:${port} }\nlog: { level: error }\n`),
    );
    other.close();
    expect(stderr).toBe(`zeker: cannot listen on 127.0.0.1:${port} (TCP): another program listens there already`);
    expect(status).toBe(1);
  });
});

describe('check-config', () => {
  test('warns of what is allowed and may be a mistake', async () => {
    write('no.anchors', '; none\n');
    const file = write(
      'warn.yaml',
      "trust: { anchors: no.anchors, rfc5011: true }\naccess: { allow: ['0.0.0.0/0', '::/0', 192.0.2.0/24] }\nhttp: { access: ['::/0'] }\n",
    );
    const { status, stdout } = await run('check-config', file);
    expect(stdout.trimEnd().split('\n')).toEqual([
      `${file}: warning: access.allow has 0.0.0.0/0: anybody may ask, this is an open resolver`,
      `${file}: warning: access.allow has ::/0: anybody may ask, this is an open resolver`,
      `${file}: warning: http.access has ::/0: anybody may ask over HTTP`,
      `${file}: warning: trust.rfc5011 without trust.stateFile: what is learned of keys is lost when zeker stops`,
      `${file}: warning: trust.anchors holds no anchor: every answer will be insecure`,
      `${file}: good`,
    ]);
    expect(status).toBe(0);
  });

  test.each([
    {
      title: 'no anchors with validation off',
      text: 'trust: { anchors: no.anchors }\nvalidation: { enabled: false }\n',
      says: 'validation is off',
    },
    { title: 'a set moment', text: 'validation: { time: 2026-11-24T06:41:00Z }\n', says: 'validation.time is 2026-11-24T06:41:00.000Z' },
    {
      title: 'a negative trust anchor',
      text: 'validation: { negativeTrustAnchors: [{ zone: broken.example, reason: theirs, until: 2100-01-01 }] }\n',
      says: 'broken.example. is insecure until 2100-01-01T00:00:00.000Z (theirs)',
    },
    {
      title: 'an exemption from a limit that is not set',
      text: 'access: { trusted: [192.0.2.0/24] }\n',
      says: 'access.trusted has no effect',
    },
  ])('has one warning for $title', async ({ text, says }) => {
    write('no.anchors', '; none\n');
    const { stdout } = await run('check-config', write('warn.yaml', text));
    expect(stdout.split('warning:')).toHaveLength(2);
    expect(stdout).toContain(says);
  });

  test('has none for the defaults', async () => {
    const file = write('defaults.yaml', '');
    expect(await run('check-config', file)).toMatchObject({ status: 0, stdout: `${file}: good\n` });
  });
});

const quiet = "listen: { dns: ['127.0.0.1:0'], http: 127.0.0.1:0 }\nresolver: { priming: false }\n";

describe('serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0, an idle TCP client or not', async (signal) => {
    const service = start(['serve', '--config', write('serve.yaml', quiet)]);
    const listening = JSON.parse(await service.waitFor('"listening"')) as { dns: string[] };
    const client = connect(Number(listening.dns[0]?.split(':')[1]), '127.0.0.1');
    client.on('error', () => {}); // being cut off is what it waits for
    await once(client, 'connect');
    const started = performance.now();
    service.process.kill(signal);
    const { status } = await service.ended;
    client.destroy();
    expect(status).toBe(0);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('logs are JSON lines', async () => {
    const service = start(['serve', '--config', write('serve.yaml', `${quiet}validation: { enabled: false }\n`)]);
    await service.waitFor('"listening"');
    service.process.kill('SIGTERM');
    const { stderr } = await service.ended;
    const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.map((line) => JSON.parse(line) as { msg: string })).toContainEqual(
      expect.objectContaining({ level: 40, msg: expect.stringContaining('validation is off') }),
    );
  });
});

describe('on the sandbox', () => {
  let sandbox: Sandbox;
  let config: string;
  beforeAll(async () => {
    sandbox = await startSandbox({ port: 0, addressBase: '127.53.41' });
    write('sandbox.hints', sandbox.hints);
    write('sandbox.anchors', sandbox.anchors);
    config = write(
      'sandbox.yaml',
      `root: { hints: sandbox.hints }\ntrust: { anchors: sandbox.anchors }\nresolver: { upstreamPort: ${sandbox.port}, doNotQuery: [] }\n`,
    );
  });
  afterAll(() => sandbox.stop());

  test.each([
    {
      args: ['query', 'secure.sandbox', 'MX'],
      status: 0,
      says: ['; secure.sandbox. MX: secure', ' IN MX 10 mx.secure.sandbox.'],
      not: ['RRSIG'],
    },
    { args: ['query', 'secure.sandbox', 'MX', '--dnssec'], status: 0, says: [' IN RRSIG MX 13 2 '], not: [] },
    { args: ['query', 'nobody.sandbox', 'A', '--dnssec'], status: 0, says: [': nxdomain', '; proofs:', ' IN NSEC '], not: [] },
    { args: ['query', 'unsigned.sandbox', 'MX'], status: 0, says: ['MX: insecure', 'unsigned-delegation at unsigned.sandbox.'], not: [] },
    { args: ['query', 'expired.sandbox', 'MX'], status: 3, says: ['MX: bogus', 'signature-expired', '; extended error: 7'], not: [] },
    { args: ['query', 'lame.sandbox', 'MX'], status: 4, says: ['MX: indeterminate', '; kind: failure'], not: [' IN MX '] },
    {
      args: ['daneverify', 'secure.sandbox', '--no-connect'],
      status: 0,
      says: ['SECURE TLSA record found', 'Certificate not checked.'],
      not: ['DANE SUCCESS', 'Connecting'],
    },
    {
      args: ['daneverify', 'secure.sandbox'],
      status: 0,
      says: [
        'Connecting to 192.0.2.10 on port 25.\nConnection to 192.0.2.10 on port 25 failed: address not allowed.\n',
        'SECURE TLSA record found',
        'Certificate not checked.',
      ],
      not: ['DANE SUCCESS'],
    },
    { args: ['daneverify', 'secure.sandbox', '--mandatory'], status: 0, says: ['Certificate not checked.'], not: [] },
    { args: ['daneverify', 'unsigned.sandbox'], status: 0, says: ['INSECURE MX'], not: [] },
    { args: ['daneverify', 'unsigned.sandbox', '--mandatory'], status: 3, says: ['INSECURE MX'], not: [] },
    { args: ['daneverify', 'unusable-tlsa.sandbox', '--mandatory'], status: 3, says: ['TLSA records unusable'], not: [] },
    { args: ['daneverify', 'lame.sandbox', '--mandatory'], status: 4, says: ['MX lookup error'], not: [] },
    { args: ['daneverify', 'Bogus-TLSA.sandbox.'], status: 3, says: ['for bogus-tlsa.sandbox\n'], not: [] },
    { args: ['daneverify', 'bogus-tlsa.sandbox'], status: 3, says: ['BOGUS'], not: ['Certificate not checked.'] },
    { args: ['daneverify', 'secure.sandbox', '--json'], status: 0, says: ['"domain": "secure.sandbox"'], not: [] },
  ])('$args exits $status', async ({ args, status, says, not }) => {
    const ended = await run(...args, '--config', config);
    for (const text of says) expect(ended.stdout).toContain(text);
    for (const text of not) expect(ended.stdout).not.toContain(text);
    expect(ended.status).toBe(status);
  });
});

describe('health', () => {
  test('passes once the service is ready, and fails with a line where nothing runs', async () => {
    const sandbox = await startSandbox({ port: 0, addressBase: '127.53.44' });
    write('health.hints', sandbox.hints);
    write('health.anchors', sandbox.anchors);
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const config = write(
      'health.yaml',
      `listen: { dns: ['127.0.0.1:0'], http: 0.0.0.0:${port} }
root: { hints: health.hints }
trust: { anchors: health.anchors }
resolver: { upstreamPort: ${sandbox.port}, doNotQuery: [] }
`,
    );
    taken.close();
    await once(taken, 'close');
    expect(await run('health', '--config', config)).toMatchObject({
      status: 1,
      stderr: `zeker: http://127.0.0.1:${port}/readyz does not answer: nothing listens there`,
    });
    const service = start(['serve', '--config', config]);
    await service.waitFor('"ready"');
    expect(await run('health', '--config', config)).toMatchObject({ status: 0, stderr: '' });
    service.process.kill('SIGTERM');
    expect((await service.ended).status).toBe(0);
    await sandbox.stop();
  });
});

describe('demo', () => {
  const freePorts = ['--dns-port', '0', '--http-port', '0', '--sandbox-port', '0'];

  test.each(['SIGINT', 'SIGTERM'] as const)('%s while it makes its table ends it with 0 and leaves no file', async (signal) => {
    const temporary = mkdtempSync(join(folder, 'tmp-'));
    const running = start(['demo', ...freePorts], { TMPDIR: temporary });
    await vi.waitFor(() => expect(readdirSync(temporary)).toHaveLength(1), { timeout: 10_000, interval: 5 });
    running.process.kill(signal);
    const { status, stdout, signal: by } = await running.ended;
    expect({ status, by, left: readdirSync(temporary) }).toEqual({ status: 0, by: null, left: [] });
    expect(stdout).not.toContain('lame.sandbox');
  });

  test.each([
    {
      option: '--sandbox-port',
      address: '127.53.0.1',
      says: /^zeker: the sandbox cannot listen on 127\.53\.0\.1 to 127\.53\.0\.\d+, port \d+: another program listens there already; is another demo running\? --sandbox-port takes another port, 0 for a free one$/,
    },
    ...['--dns-port', '--http-port'].map((option) => ({
      option,
      address: '127.0.0.1',
      says: /^zeker: cannot listen on 127\.0\.0\.1:\d+ \(TCP\): another program listens there already; is another demo running\? --dns-port and --http-port take other ports, 0 for a free one$/,
    })),
  ])('a port of $option that is taken: says so, and what to do', async ({ option, address, says }) => {
    const other = createServer().listen(0, address);
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    // Of an option given twice the last one counts.
    const { status, stderr } = await run('demo', '--once', ...freePorts, option, String(port));
    other.close();
    expect(stderr).toMatch(says);
    expect(status).toBe(1);
  });
});

test('demo --once prints every domain with its verdict, the commands to try, and ends', async () => {
  const { status, stdout, stderr } = await run('demo', '--once', '--dns-port', '0', '--http-port', '0', '--sandbox-port', '0');
  expect(stderr).not.toContain('zeker:');
  const row = (domain: string) => stdout.split('\n').find((line) => line.startsWith(`${domain} `));
  expect(row('secure.sandbox')).toMatch(/^secure\.sandbox +secure +dane-success\* +dane-success\* +verified\* /);
  expect(row('unsigned.sandbox')).toMatch(/^unsigned\.sandbox +insecure +\S+ +opportunistic-tls /);
  expect(row('expired.sandbox')).toMatch(/^expired\.sandbox +bogus +\S+ +\S+ +delay /);
  expect(row('lame.sandbox')).toMatch(/^lame\.sandbox +indeterminate /);
  expect(stdout).toMatch(/dig @127\.0\.0\.1 -p \d+ \+dnssec secure\.sandbox MX/);
  expect(stdout).toMatch(/curl http:\/\/127\.0\.0\.1:\d+\/dane\/secure\.sandbox/);
  expect(status).toBe(0);
});

test('demo prints a preflight and a self-test of itself that hold', async () => {
  const demo = start(['demo', '--dns-port', '0', '--http-port', '0', '--sandbox-port', '0']);
  const output = await demo.waitForOutput('Ctrl-C ends it.');
  const printed = (command: string) => output.match(new RegExp(`(${command} .*?) +#`))![1]!.split(/ +/);
  const preflight = await run(...printed('preflight'));
  expect(preflight.stdout).toContain('  expired.sandbox ');
  expect(preflight.status).toBe(3);
  expect(await run(...printed('selftest'))).toMatchObject({ status: 0, stdout: expect.stringContaining('It can serve the appliance.') });
  demo.process.kill('SIGTERM');
  await demo.ended;
}, 120_000); // three processes, and a domain whose servers are silent
