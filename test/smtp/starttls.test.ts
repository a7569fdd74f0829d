import { afterEach, describe, expect, test } from 'vitest';
import { connectStarttls, type StarttlsOutcome } from '../../src/smtp/starttls.ts';
import { makeCertificate } from '../dane/x509-maker.ts';
import { honest, type MailHost, type Script, startMailHost } from './mail-host.ts';

const NOW = Math.floor(Date.now() / 1000);
const root = makeCertificate(NOW, { commonName: 'Root', ca: true });
const leaf = makeCertificate(NOW, { names: ['mx.example'], issuer: root });
/** Long enough for a busy machine; nothing but the timeout tests waits for it. */
const PATIENCE_MS = 20_000;

let host: MailHost | undefined;
afterEach(async () => {
  await host?.stop();
  host = undefined;
});

async function connectTo(script: Script, timeoutMs = PATIENCE_MS): Promise<StarttlsOutcome> {
  host = await startMailHost(script);
  return connectStarttls({ address: host.address, port: host.port, servername: 'mx.example' }, timeoutMs);
}

describe('a server that keeps to the protocol', () => {
  test('its certificates in the order it sends them, SNI, and nothing more in the clear than it takes', async () => {
    const stranger = makeCertificate(NOW, { commonName: 'Stranger', ca: true });
    const outcome = await connectTo(honest([leaf, stranger, root]));
    expect(outcome).toMatchObject({
      connected: true,
      localAddress: '127.0.0.1',
      starttls: true,
      tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
    });
    expect(outcome.fault).toBeUndefined();
    expect(outcome.tls?.certificates.map((der) => Buffer.from(der).toString('hex'))).toEqual(
      [leaf, stranger, root].map(({ der }) => Buffer.from(der).toString('hex')),
    );
    expect(host?.seen.servernames).toEqual(['mx.example']);
    expect(host?.seen.commands).toEqual(['EHLO [127.0.0.1]', 'STARTTLS']);
  });
  test('TLS 1.2, with the name that OpenSSL has for the cipher', async () => {
    const { tls } = await connectTo(honest([leaf], {}, 'TLSv1.2'));
    expect(tls).toMatchObject({ protocol: 'TLSv1.2', cipher: expect.stringMatching(/^ECDHE-ECDSA-AES(128|256)-GCM-SHA/) });
  });
  test('what it does not send is not made up', async () => {
    expect((await connectTo(honest([leaf]))).tls?.certificates).toHaveLength(1);
  });
  test('a certificate that expired, of another name, is no matter of the dialogue', async () => {
    const bad = makeCertificate(NOW, { names: ['other.test'], notAfter: NOW - 1, notBefore: NOW - 10 });
    expect((await connectTo(honest([bad]))).tls?.certificates).toHaveLength(1);
  });
});

const say =
  (text: string): Script =>
  (socket) =>
    void socket.write(text);
const silent: Script = () => {};

test.each<{ title: string; script: Script; want: Partial<StarttlsOutcome> }>([
  { title: 'a greeting that refuses', script: say('554 go away\r\n'), want: { starttls: false, fault: 'greeting-refused' } },
  { title: 'a greeting that is none', script: say('SSH-2.0-x\r\n'), want: { fault: 'reply-malformed' } },
  { title: 'EHLO refused', script: honest([leaf], { ehlo: '502 what\r\n' }), want: { starttls: false, fault: 'ehlo-refused' } },
  {
    title: 'no STARTTLS',
    script: honest([leaf], { ehlo: '250-mx\r\n250 SIZE\r\n' }),
    want: { starttls: false, fault: 'starttls-missing' },
  },
  { title: 'STARTTLS in the place of the name', script: honest([leaf], { ehlo: '250 STARTTLS\r\n' }), want: { fault: 'starttls-missing' } },
  { title: 'STARTTLS refused', script: honest([leaf], { starttls: '454 no\r\n' }), want: { starttls: true, fault: 'starttls-refused' } },
  {
    title: 'clear text behind the reply to STARTTLS (RFC 3207 §6)',
    script: honest([leaf], { starttls: '220 go\r\n250-mx\r\n' }),
    want: { starttls: true, fault: 'clear-text-after-starttls' },
  },
  { title: 'closed at once', script: (socket) => void socket.end(), want: { connected: true, fault: 'closed' } },
  { title: 'closed in the midst of a reply', script: (socket) => void socket.end('220-a'), want: { fault: 'closed' } },
  {
    title: 'what is no TLS',
    script: (socket) => {
      socket.write('220 a\r\n');
      let step = 0;
      socket.on('data', () => void socket.write(['250-a\r\n250 STARTTLS\r\n', '220 go\r\n'][step++] ?? 'this is no TLS, not at all\r\n'));
    },
    want: { starttls: true, fault: 'tls-failed' },
  },
])('$title', async ({ script, want }) => {
  const outcome = await connectTo(script);
  expect(outcome).toMatchObject({ connected: true, ...want });
  expect(outcome.tls).toBeUndefined();
});

test('nothing listens', async () => {
  const gone = await startMailHost(silent);
  await gone.stop();
  expect(await connectStarttls({ address: '127.0.0.1', port: gone.port, servername: 'mx.example' }, PATIENCE_MS)).toEqual({
    connected: false,
    starttls: false,
    fault: 'refused',
    detail: 'ECONNREFUSED',
  });
});

test('a name is never connected to', () => {
  expect(() => connectStarttls({ address: 'localhost', port: 25, servername: 'localhost' }, 1)).toThrow('by its address');
});

describe('hostile servers: a clear outcome in bounded time and memory', () => {
  test('a greeting of 10 MB', async () => {
    let sent = 0;
    let closed = false;
    const flood: Script = (socket) => {
      const chunk = Buffer.alloc(64 * 1024, 'a');
      const more = () => {
        while (!closed && sent < 10_000_000) {
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once('drain', more);
        }
      };
      socket.on('close', () => {
        closed = true;
      });
      socket.write('220 ');
      more();
    };
    const before = process.memoryUsage().arrayBuffers;
    expect(await connectTo(flood)).toMatchObject({ connected: true, fault: 'reply-too-long' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });
  test('a greeting without end, line by line', async () => {
    const endless: Script = (socket) => {
      const more = () => {
        while (socket.writable) if (!socket.write('220-and more\r\n'.repeat(100))) return void socket.once('drain', more);
      };
      more();
    };
    expect(await connectTo(endless)).toMatchObject({ fault: 'reply-too-long' });
  });
  test.each<{ title: string; script: Script; starttls: boolean }>([
    { title: 'says nothing', script: silent, starttls: false },
    {
      title: 'says one octet of its greeting after the other',
      script: (socket) => {
        const timer = setInterval(() => socket.write('2'), 20);
        socket.on('close', () => clearInterval(timer));
      },
      starttls: false,
    },
    {
      title: 'never ends TLS: it takes the hello and says nothing',
      script: (socket) => {
        socket.write('220 a\r\n');
        let step = 0;
        socket.on('data', () => void (step < 2 && socket.write(['250-a\r\n250 STARTTLS\r\n', '220 go\r\n'][step++] as string)));
      },
      starttls: true,
    },
    {
      title: 'never ends TLS: a record that comes octet by octet',
      script: (socket) => {
        socket.write('220 a\r\n');
        let step = 0;
        socket.on('data', () => {
          if (step < 2) return void socket.write(['250-a\r\n250 STARTTLS\r\n', '220 go\r\n'][step++] as string);
          socket.removeAllListeners('data');
          socket.write(Buffer.of(0x16, 0x03, 0x03, 0x40, 0x00)); // a handshake record of 16 KiB
          const timer = setInterval(() => socket.write(Buffer.of(2)), 20);
          socket.on('close', () => clearInterval(timer));
        });
      },
      starttls: true,
    },
  ])('one that $title', async ({ script, starttls }) => {
    expect(await connectTo(script, 400)).toEqual({ connected: true, localAddress: '127.0.0.1', starttls, fault: 'timeout' });
  });
  test('certificates with NUL in their names come through as they are', async () => {
    const nul = makeCertificate(NOW, { names: ['mx.example\0.attacker.test'], commonName: 'mx.example\0x' });
    const { tls } = await connectTo(honest([nul]));
    expect(Buffer.compare(tls?.certificates[0] as Uint8Array, nul.der)).toBe(0);
  });
});
