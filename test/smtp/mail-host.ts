/** Scripted mail servers on loopback addresses: each says what its script has, well or ill. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Issued } from '../dane/x509-maker.ts';

/** What a connection gets. */
export type Script = (socket: Socket, host: MailHost) => void;

export interface MailHost {
  readonly address: string;
  readonly port: number;
  /** Commands that came in the clear, SNI of handshakes, and connections that were made. */
  readonly seen: { readonly commands: string[]; readonly servernames: string[]; connections: number };
  stop(): Promise<void>;
}

/** Starts one; port 0 takes a free one. */
export async function startMailHost(script: Script, { address = '127.0.0.1', port = 0 } = {}): Promise<MailHost> {
  const sockets = new Set<Socket>();
  const seen = { commands: [] as string[], servernames: [] as string[], connections: 0 };
  const server = createServer((socket) => {
    seen.connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    script(socket, host);
  });
  server.listen(port, address);
  await once(server, 'listening');
  const host: MailHost = {
    address,
    port: (server.address() as AddressInfo).port,
    seen,
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
  return host;
}

export interface Replies {
  readonly greeting?: string;
  readonly ehlo?: string;
  readonly starttls?: string;
}

/** A server that keeps to the protocol. @param chain certificates as they are sent, the first with its key; none: it stays in the clear */
export function honest(chain: readonly Issued[], replies: Replies = {}, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Script {
  const {
    greeting = '220 mx.example ESMTP\r\n',
    ehlo = '250-mx.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n',
    starttls = '220 go\r\n',
  } = replies;
  return (socket, { seen }) => {
    socket.write(greeting);
    socket.on('data', function onCommand(chunk: Buffer) {
      const command = chunk.toString('latin1');
      seen.commands.push(command.trimEnd());
      if (command.startsWith('EHLO')) socket.write(ehlo);
      else if (command.startsWith('STARTTLS')) {
        socket.removeListener('data', onCommand);
        socket.write(starttls);
        if (starttls.startsWith('220')) upgrade(socket, chain, maxVersion, seen.servernames);
      }
    });
  };
}

/** So that weak certificates can be served too. */
const ciphers = 'DEFAULT@SECLEVEL=0';

function upgrade(socket: Socket, chain: readonly Issued[], maxVersion: 'TLSv1.2' | 'TLSv1.3', servernames: string[]): void {
  const secureContext = createSecureContext({
    key: chain[0]?.keyPem ?? '',
    cert: chain.map(({ pem }) => pem).join(''),
    maxVersion,
    ciphers,
  });
  const tls = new TLSSocket(socket, {
    isServer: true,
    secureContext,
    SNICallback: (servername, done) => {
      servernames.push(servername);
      done(null, secureContext);
    },
  });
  tls.on('error', () => tls.destroy());
  tls.resume();
}
