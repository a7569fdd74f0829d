/**
 * One client's stream: queries in, answers out as they come ready, in any order (RFC 7766 §6.2.1.1 and §7), whatever carries the stream.
 * A client costs what these limits say and no more: one that sends slowly, asks without reading (CVE-2024-0760) or stays for ever is cut.
 * Its queries are taken one by one, by turns with those of other connections (rota.ts).
 */

import type { Socket } from 'node:net';
import type { Answer, Client } from '../service/answer.ts';
import type { Backlog } from './backlog.ts';
import { createFrameReader } from './frame-reader.ts';
import type { Rota } from './rota.ts';

export interface ConnectionLimits {
  /** Queries in flight: with more, no octet is read until one is answered. */
  readonly maxPipelined: number;
  /** Time without an answer after which a connection with nothing in flight is closed; asked anew each time (RFC 7766 §6.2.3). */
  readonly idleTimeoutMs: () => number;
  /** Time in which a client must have read what waits for it, and close in turn when we have closed. */
  readonly writeTimeoutMs: number;
  /** Answers that wait in memory for the client to read: near it no query is taken, beyond it the connection is cut. */
  readonly maxBufferedOctets: number;
  /** The same over all connections. */
  readonly backlog: Backlog;
  /** Says when the next query is taken. */
  readonly rota: Rota;
  readonly maxLifetimeMs: number;
  /** Hears of each connection cut because its client does not read. Synchronous, must not throw. */
  readonly onStall?: () => void;
}

export interface Connection {
  /** Takes no more queries, answers those in flight, then closes. */
  finish(): void;
  /** Closes at once. */
  cut(): void;
}

const HEADER_OCTETS = 12;
/** What an answer is taken to need before a larger one was seen. */
const USUAL_ANSWER_OCTETS = 1_232;

/** Serves a connected stream, which must let its halves be closed apart (`allowHalfOpen`), until it ends. */
export function serveConnection(
  socket: Socket,
  client: Client,
  answer: Answer,
  limits: ConnectionLimits,
  onError?: (error: unknown) => void,
): Connection {
  const frames = createFrameReader();
  let inFlight = 0;
  let largestAnswer = USUAL_ANSWER_OCTETS;
  let lastQueryTaken = false; // the client has closed its half, or we take no more
  let closing = false;
  let nextQuery: Buffer | undefined;
  let waitsForTurn = false;
  let writeTimer: NodeJS.Timeout | undefined;
  let idleTimer = setTimeout(closeIdle, limits.idleTimeoutMs());
  const lifeTimer = setTimeout(finish, limits.maxLifetimeMs);

  function cut(): void {
    socket.destroy();
  }

  function cutStalled(): void {
    cut();
    limits.onStall?.();
  }

  /** Whether another query might be one too many: in flight, or for what waits to be read if all answers are like the largest. */
  function isBlocked(): boolean {
    if (inFlight >= limits.maxPipelined || socket.writableNeedDrain) return true;
    return inFlight > 0 && socket.writableLength + (inFlight + 1) * largestAnswer > limits.maxBufferedOctets;
  }

  function closeIdle(): void {
    if (inFlight === 0) cut();
    else restartIdle();
  }

  function restartIdle(): void {
    clearTimeout(idleTimer);
    if (!socket.destroyed) idleTimer = setTimeout(closeIdle, limits.idleTimeoutMs());
  }

  function finish(): void {
    lastQueryTaken = true;
    nextQuery = undefined;
    frames.clear();
    advance();
  }

  /** Asks for a turn for the next query, where one may be taken; else decides whether to read on or to close. */
  function advance(): void {
    if (socket.destroyed || closing || waitsForTurn) return;
    if (isBlocked()) {
      socket.pause();
      return;
    }
    nextQuery ??= frames.next();
    if (nextQuery) {
      waitsForTurn = true;
      socket.pause(); // what it sends meanwhile waits in the system, not here
      limits.rota.ask(takeNext);
    } else if (lastQueryTaken && inFlight === 0) close();
    else socket.resume();
  }

  function takeNext(): void {
    waitsForTurn = false;
    if (socket.destroyed || closing) return;
    const query = isBlocked() ? undefined : nextQuery;
    if (query) {
      nextQuery = undefined;
      // That is no DNS client, so nothing behind it is a query either.
      if (query.length < HEADER_OCTETS) {
        cut();
        return;
      }
      void take(query);
    }
    advance();
  }

  async function take(query: Buffer): Promise<void> {
    inFlight++;
    try {
      const reply = await answer(query, client);
      if (reply && !socket.destroyed) send(reply);
    } catch (error) {
      onError?.(error);
    }
    inFlight--;
    advance();
  }

  function send(reply: Uint8Array): void {
    // Length and message in one write, so that they leave in one segment (RFC 7766 §8).
    const frame = Buffer.allocUnsafe(2 + reply.length);
    frame.writeUInt16BE(reply.length);
    frame.set(reply, 2);
    socket.write(frame);
    restartIdle();
    largestAnswer = Math.max(largestAnswer, frame.length);
    if (socket.writableLength > limits.maxBufferedOctets) cutStalled();
    else if (socket.writableNeedDrain) writeTimer ??= setTimeout(cutStalled, limits.writeTimeoutMs);
    limits.backlog.note(socket);
  }

  /** Our half first: a close with octets unread would reset the connection, and answers on their way would be lost. */
  function close(): void {
    closing = true;
    clearTimeout(idleTimer);
    clearTimeout(writeTimer);
    writeTimer = setTimeout(cut, limits.writeTimeoutMs);
    socket.end();
    socket.resume();
  }

  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    if (lastQueryTaken) return;
    frames.feed(chunk);
    advance();
  });
  socket.on('end', () => {
    lastQueryTaken = true;
    advance();
  });
  socket.on('drain', () => {
    clearTimeout(writeTimer);
    writeTimer = undefined;
    limits.backlog.note(socket);
    advance();
  });
  socket.on('error', () => {}); // reset, timed out: the network's affair, and 'close' follows
  socket.on('close', () => {
    clearTimeout(idleTimer);
    clearTimeout(lifeTimer);
    clearTimeout(writeTimer);
    limits.backlog.note(socket);
  });
  return { finish, cut };
}
