/** zeker, Unbound and the echo: how each is configured to do the same work, started, and found ready. All bind 127.0.0.1 in the bench's namespace. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../lib/packages.mjs';
import { startProcess, waitFor } from '../lib/process.mjs';
import { openClient } from './client.mjs';
import { anchorText, hintsText } from './internet.mjs';
import { encodeQuery } from './queries.mjs';

export const ADDRESS = '127.0.0.1';

/** Room for what both have by default in a bench: more than its data. */
const AMPLE = { octets: 1e9, tableOctets: 512e6 };

/**
 * @typedef {object} Context
 * @property {string} dist the zeker to start
 * @property {string} [profile] the folder for profiles
 * @property {{ octets: number, tableOctets: number }} [cache] memory for caches, and besides, of zeker, for its answer table
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {number} port
 * @property {(folder: string, context: Context) => { program: string, args: string[] }} command writes what it reads
 * @property {boolean} [isEcho] sends back what it is sent: no resolver
 */

/** @type {Contender} */
export const zeker = {
  name: 'zeker',
  port: 5301,
  command(folder, { dist, profile, cache = AMPLE }) {
    const config = {
      listen: { dns: [`${ADDRESS}:${this.port}`], http: false },
      root: { hints: 'hints' },
      trust: { anchors: 'anchors' },
      server: { udpThreads: 1 },
      resolver: { ipv6: false },
      cache: { maxMemory: cache.octets, answerTable: cache.tableOctets },
      log: { level: 'warn' },
    };
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
    const given = (process.env.ZEKER_NODE_FLAGS ?? '').split(' ').filter((flag) => flag !== '');
    const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
    return {
      program: process.execPath,
      args: [...given, ...profiling, join(dist, 'cli.js'), 'serve', '--config', join(folder, 'config.yaml')],
    };
  },
};

/** @type {Contender} */
export const unbound = {
  name: 'Unbound',
  port: 5302,
  command(folder, { cache = AMPLE }) {
    // As its documentation advises: RRsets have twice what messages have. Together with keys and denials it comes to the same.
    const [messages, rrsets] = [0.27, 0.54].map((share) => Math.round(cache.octets * share));
    const server = [
      ...['verbosity: 0', 'use-syslog: no', 'chroot: ""', 'username: ""', `directory: "${folder}"`, 'pidfile: "pid"', 'logfile: "log"'],
      ...['num-threads: 1', `interface: ${ADDRESS}`, `port: ${this.port}`, 'do-ip6: no', 'access-control: 127.0.0.0/8 allow'],
      ...['do-not-query-localhost: no', 'root-hints: "hints"', 'trust-anchor-file: "anchors"', 'module-config: "validator iterator"'],
      ...['qname-minimisation: yes', 'prefetch: no', 'prefetch-key: no', 'edns-buffer-size: 1232', 'so-rcvbuf: 4m'],
      ...[`msg-cache-size: ${messages}`, `rrset-cache-size: ${rrsets}`, 'key-cache-size: 16m', 'neg-cache-size: 16m'],
      ...['infra-cache-numhosts: 100000', 'outgoing-range: 4096', 'num-queries-per-thread: 2048', 'incoming-num-tcp: 100'],
    ];
    writeFileSync(join(folder, 'unbound.conf'), `server:\n  ${server.join('\n  ')}\nremote-control:\n  control-enable: no\n`);
    return { program: findProgram('unbound'), args: ['-d', '-c', join(folder, 'unbound.conf')] };
  },
};

/** The least that a server can do with datagrams, taken and sent by batches: what an answer costs before anybody thinks. @type {Contender} */
export const echo = {
  name: 'batched echo',
  port: 5303,
  isEcho: true,
  command() {
    return { program: process.execPath, args: [fileURLToPath(new URL('echo-server.mjs', import.meta.url)), ADDRESS, String(this.port)] };
  },
};

/** Starts one with empty caches and waits until it answers; a resolver, until the root's NS set is secure. */
export async function startContender(contender, { work, ...context }) {
  const folder = join(work, contender.name.replace(/\W+/g, '-'));
  // A cache in a file, as Knot Resolver has it, must not live on.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'hints'), hintsText());
  writeFileSync(join(folder, 'anchors'), anchorText());
  const { program, args } = contender.command(folder, context);
  const started = performance.now();
  const server = startProcess(program, args, { log: join(folder, 'output'), cwd: folder });
  const client = await openClient(contender.port);
  const query = encodeQuery({ qname: '.', type: 'NS' }, { dnssecOk: true });
  try {
    await waitFor(contender.name, async () => {
      server.demandRunning(contender.name);
      const reply = await client.ask(query, 25);
      return reply !== undefined && (contender.isEcho || (reply.rcode === 0 && reply.authenticData));
    });
  } finally {
    client.close();
  }
  return { contender, ...server, startMs: performance.now() - started };
}
