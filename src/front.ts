/** The UDP front put together from the configuration, with the answer table that it shares with the service; or why there is none. */

import type { Config } from './config.ts';
import type { FrontOptions } from './listen.ts';
import type { Logger } from './log.ts';
import { createUdpFront, type UdpFront } from './server/udp/front.ts';
import { loadLibc } from './server/udp/libc.ts';
import { AnswerTable } from './server/udp/table-writer.ts';
import { type Answer, type CookieSettings, DEFAULT_UDP_SIZE } from './service/answer.ts';

/** The front cannot be had as the operator wants it. */
export class FrontError extends Error {
  override readonly name = 'FrontError';
}

export interface Front {
  readonly table: AnswerTable;
  /** Makes the front that answers by `answer` what the table lacks. */
  readonly serve: (answer: Answer, options: FrontOptions) => UdpFront;
}

/** Undefined where the operator wants node:dgram, or the system has nothing else, which the log is told. @throws {FrontError} */
export function openFront(config: Config, cookies: CookieSettings | undefined, log: Logger): Front | undefined {
  const { udpThreads: threads, nsid } = config.server;
  if (threads === 0) return undefined;
  const libc = loadLibc();
  if ('missing' in libc) {
    log.warn(`UDP is served by node:dgram, without threads of its own and without an answer table: ${libc.missing}`);
    return undefined;
  }
  const table = openTable(config.cache.answerTableOctets);
  const { allow: allowed, trusted, queriesPerSecond } = config.access;
  return {
    table,
    serve: (answer, options) =>
      createUdpFront(libc, table, answer, {
        ...options,
        threads,
        udpSize: DEFAULT_UDP_SIZE,
        nsid: nsid === undefined ? undefined : Buffer.from(nsid),
        allowed,
        trusted,
        queriesPerSecond,
        cookies,
        onThreadFault: (err) => log.error({ err }, 'a UDP thread failed and is started anew'),
      }),
  };
}

/** @throws {FrontError} where the system does not give the memory */
function openTable(octets: number): AnswerTable {
  try {
    return new AnswerTable(octets);
  } catch (error) {
    if (error instanceof RangeError) throw new FrontError(`cache.answerTable: the system does not give ${octets} octets`);
    throw error;
  }
}
