/**
 * One connection to a mail server: greeting, EHLO, STARTTLS (RFC 3207), the TLS handshake, QUIT. It tells what it saw and judges no
 * certificate: in the handshake nothing is verified, for DANE asks other questions than a list of authorities does.
 * Limits: no message is sent; TLS 1.2 and later.
 */

import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { createReplyReader, type Reply, type ReplyFault } from './reply.ts';

/** An address, never a name: whoever calls has it validated. */
export interface MailServer {
  readonly address: string;
  readonly port: number;
  /** For SNI: the TLSA base domain (RFC 7672 §8.1). */
  readonly servername: string;
}

/** Why it did not come to TLS. */
export const smtpFaults = [
  'refused',
  'unreachable',
  'timeout',
  'closed',
  'reply-too-long',
  'reply-malformed',
  'greeting-refused',
  'ehlo-refused',
  'starttls-missing',
  'starttls-refused',
  'clear-text-after-starttls',
  'tls-failed',
] as const;
export type SmtpFault = (typeof smtpFaults)[number];

/** What was seen, as far as it came. */
export interface StarttlsOutcome {
  readonly connected: boolean;
  /** Address of ours that the connection was made from. */
  readonly localAddress?: string;
  /** Whether the server offers STARTTLS. */
  readonly starttls: boolean;
  /** Only once the handshake is whole. */
  readonly tls?: TlsFacts;
  readonly fault?: SmtpFault;
  /** Code of the error, where the system or OpenSSL gave one; never text of the server's. */
  readonly detail?: string;
}

export interface TlsFacts {
  /** As `TLSv1.3`. */
  readonly protocol: string;
  /** OpenSSL's name. */
  readonly cipher: string;
  /** DER, in the order of the handshake, the server's own first; nothing of ours is among them. */
  readonly certificates: readonly Uint8Array[];
}

export type Connect = (server: MailServer, timeoutMs: number) => Promise<StarttlsOutcome>;

/** RFC 5321 §4.1.1.1 wants our name or address literal; a name of ours is nothing that a probe knows. */
const greeting = (localAddress: string) => `EHLO [${localAddress.includes(':') ? `IPv6:${localAddress}` : localAddress}]\r\n`;

/** More in a handshake than any chain has: OpenSSL bounds them by octets, this bounds our work. */
const MAX_CERTIFICATES = 20;

/** Connects, asks for TLS and says goodbye. Ends within `timeoutMs`, whatever the server does, and never rejects for what it does. */
export const connectStarttls: Connect = ({ address, port, servername }, timeoutMs) => {
  if (isIP(address) === 0) throw new Error('a mail server is connected to by its address');
  return new Promise((resolve) => {
    let outcome: StarttlsOutcome = { connected: false, starttls: false };
    const socket = connect({ host: address, port });
    let tls: TLSSocket | undefined;
    const end = (more: Partial<StarttlsOutcome>) => {
      clearTimeout(timer);
      socket.removeListener('data', onData);
      if (more.tls)
        tls?.destroySoon(); // sends what is written
      else {
        tls?.destroy();
        socket.destroy();
      }
      resolve({ ...outcome, ...more });
    };
    const timer = setTimeout(() => end({ fault: 'timeout' }), timeoutMs);
    const dialogue = createDialogue((command) => void socket.write(command));
    const onData = (chunk: Uint8Array) => {
      const step = dialogue.push(chunk);
      if (step.starttls) outcome = { ...outcome, starttls: true };
      if (step.fault) end({ fault: step.fault });
      else if (step.ready) {
        socket.removeListener('data', onData);
        tls = handshake(socket, servername, end);
      }
    };
    socket.on('connect', () => {
      const { localAddress = '' } = socket;
      outcome = { ...outcome, connected: true, localAddress };
      dialogue.open(localAddress);
    });
    socket.on('data', onData);
    // Listeners stay: an error that comes after the end must not be unheard.
    socket.on('error', (error: NodeJS.ErrnoException) => end(systemFault(error, outcome.connected)));
    socket.on('close', () => end({ fault: 'closed' }));
  });
};

function systemFault({ code = '' }: NodeJS.ErrnoException, connected: boolean): Partial<StarttlsOutcome> {
  if (connected) return { fault: 'closed', detail: code };
  return { fault: code === 'ECONNREFUSED' ? 'refused' : code === 'ETIMEDOUT' ? 'timeout' : 'unreachable', detail: code };
}

function handshake(socket: Socket, servername: string, end: (more: Partial<StarttlsOutcome>) => void): TLSSocket {
  // `ca: []`: no issuer may come out of a store of ours. Nobody is trusted here, so `rejectUnauthorized` decides nothing.
  const tls = connectTls({ socket, servername, ca: [], rejectUnauthorized: false, minVersion: 'TLSv1.2' });
  tls.on('secureConnect', () => {
    const facts = {
      protocol: tls.getProtocol() ?? '',
      cipher: tls.getCipher().name,
      certificates: receivedCertificates(tls),
    };
    tls.write('QUIT\r\n');
    end({ tls: facts });
  });
  tls.on('error', (error: NodeJS.ErrnoException) => end({ fault: 'tls-failed', ...(error.code ? { detail: error.code } : {}) }));
  tls.on('close', () => end({ fault: 'tls-failed' }));
  return tls;
}

/** Node links the certificates of the handshake in their order, by whatever name they have. */
function receivedCertificates(tls: TLSSocket): readonly Uint8Array[] {
  const received: Uint8Array[] = [];
  for (let next = tls.getPeerX509Certificate(); next && received.length < MAX_CERTIFICATES; next = next.issuerCertificate)
    received.push(Uint8Array.from(next.raw));
  return received;
}

interface DialogueStep {
  readonly starttls?: true;
  readonly ready?: true;
  readonly fault?: ReplyFault | SmtpFault;
}

/** The clear text part: what is sent upon each reply. */
function createDialogue(send: (command: string) => void) {
  const reader = createReplyReader();
  let stage: 'greeting' | 'ehlo' | 'starttls' = 'greeting';
  let hello = '';
  const take = ({ code, lines }: Reply, rest: number): DialogueStep => {
    switch (stage) {
      case 'greeting':
        if (code !== 220) return { fault: 'greeting-refused' };
        stage = 'ehlo';
        send(hello);
        return {};
      case 'ehlo':
        if (code !== 250) return { fault: 'ehlo-refused' };
        if (!lines.slice(1).some((line) => line.trim().toUpperCase() === 'STARTTLS')) return { fault: 'starttls-missing' };
        stage = 'starttls';
        send('STARTTLS\r\n');
        return { starttls: true };
      case 'starttls':
        if (code !== 220) return { fault: 'starttls-refused' };
        // What came in the clear must not be taken for what TLS protects (RFC 3207 §6); an honest server sends nothing here.
        return rest > 0 ? { fault: 'clear-text-after-starttls' } : { ready: true };
    }
  };
  return {
    open(localAddress: string) {
      hello = greeting(localAddress);
    },
    push(chunk: Uint8Array): DialogueStep {
      const step = reader.push(chunk);
      if (step.step === 'more') return {};
      return step.step === 'fault' ? { fault: step.fault } : take(step.reply, step.rest);
    },
  };
}
