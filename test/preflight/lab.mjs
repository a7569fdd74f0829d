/**
 * The measurement of a preflight: 10,000 domains, each a zone of its own (half of them signed), on real name servers (NSD) in a network
 * namespace that nothing leaves. `node test/preflight/lab.mjs [domains]`, as root on Debian with the packages of the bench. It runs the list
 * twice, once more with a kill half-way, and once over HTTP, and compares what comes out, octet by octet. Not part of `npm test`: it takes minutes.
 */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startAuthority } from '../../bench/do53/authority.mjs';
import { anchorText, hintsText, makeZones } from '../../bench/do53/internet.mjs';
import { bringUp } from '../../bench/do53/namespace.mjs';
import { signZones } from '../../bench/do53/sign.mjs';
import { findProgram } from '../../bench/lib/packages.mjs';
import { workFolder } from '../../bench/lib/work-folder.mjs';

const command = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const count = Number(process.argv[2] ?? 10_000);
const work = workFolder();
const zones = makeZones(count / 2);
const signed = await signZones(zones, work);
if (process.env.ZEKER_LAB !== 'inside') {
  const { status } = spawnSync(findProgram('unshare'), ['--net', '--', process.execPath, fileURLToPath(import.meta.url), String(count)], {
    stdio: 'inherit',
    env: { ...process.env, ZEKER_LAB: 'inside' },
  });
  process.exit(status ?? 1);
}

const token = 'a-token-for-the-laboratory';
bringUp();
const folder = mkdtempSync(join(work, 'preflight-'));
const authority = await startAuthority(zones, signed, folder);
try {
  const config = join(folder, 'zeker.yaml');
  const list = join(folder, 'domains.txt');
  writeFileSync(join(folder, 'hints'), hintsText());
  writeFileSync(join(folder, 'anchors'), anchorText());
  writeFileSync(
    config,
    JSON.stringify({
      root: { hints: 'hints' },
      trust: { anchors: 'anchors' },
      resolver: { doNotQuery: [], ipv6: false },
      dane: { probe: { token } },
    }),
  );
  const domains = zones
    .map(({ origin }) => origin)
    .filter((origin) => /^(d\d+\.|expired\.|wrong-ds\.)/.test(origin))
    .slice(-count);
  writeFileSync(list, `${domains.join('\n')}\n`);
  console.log(`${domains.length} domains`);

  const first = await runOnce(config, list, 'first');
  const compare = (what, csv) => {
    console.log(`${what}: ${csv === first ? 'the same' : 'SOMETHING ELSE'}`);
    if (csv !== first) process.exitCode = 1;
  };
  const second = await runOnce(config, list, 'second');
  compare('the second run', second);
  await killedHalfWay(config, list, domains.length / 2);
  const resumed = await runOnce(config, list, 'resumed');
  compare('killed half-way and resumed', resumed);
  const overHttp = await postOnce(config, domains);
  compare('over HTTP', overHttp);
} finally {
  await authority.stop();
  rmSync(folder, { recursive: true, force: true });
}

function start(config, list, name) {
  const args = [command, 'preflight', '--config', config, list, '--csv', join(folder, `${name}.csv`)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function runOnce(config, list, name) {
  const before = authority.total();
  const began = performance.now();
  const child = start(config, list, name);
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  const status = await new Promise((resolve) => child.once('exit', resolve));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${name}: ${seconds} s, ${authority.total() - before} queries, exit status ${status}`);
  if (name === 'first') console.log(text.split('\n').slice(0, 24).join('\n'));
  return readFileSync(join(folder, `${name}.csv`), 'utf8');
}

/** Ends it by SIGKILL once its state has half of the rows. */
async function killedHalfWay(config, list, half) {
  const child = start(config, list, 'killed');
  child.stdout.resume();
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const known = () => (existsSync(`${list}.preflight`) ? JSON.parse(readFileSync(`${list}.preflight`, 'utf8')).rows.length : 0);
  while (known() < half) await new Promise((resolve) => setTimeout(resolve, 200));
  child.kill('SIGKILL');
  await exited;
  console.log(`killed with ${known()} rows in its state`);
}

/** The list over HTTP, to a service just started. */
async function postOnce(config, domains) {
  const service = spawn(process.execPath, [command, 'serve', '--config', config], { stdio: 'ignore' });
  const url = 'http://127.0.0.1:8053';
  try {
    for (let tries = 0; tries < 100; tries++) {
      if ((await fetch(`${url}/readyz`).catch(() => undefined))?.ok) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const began = performance.now();
    const response = await fetch(`${url}/dane/preflight?format=csv`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ domains }),
    });
    const text = await response.text();
    console.log(`over HTTP: ${((performance.now() - began) / 1000).toFixed(1)} s, status ${response.status}`);
    return text;
  } finally {
    service.kill();
  }
}
