#!/usr/bin/env node
/**
 * `npm run bench`, or `node bench/run.mjs [NAME ...] [options]`: runs benches, prints a table of each, writes JSON to bench/results/.
 * Exits 1 where a bench failed (answers differ, errors under load), 2 where something it needs is missing.
 */

import { parseArgs } from 'node:util';
import { peerNames } from './do53/peers.mjs';
import { buildZeker } from './lib/build.mjs';
import { describeMachine, printMachine } from './lib/machine.mjs';
import { MissingError, missingPackages } from './lib/packages.mjs';
import { writeResult } from './lib/report.mjs';
import { workFolder } from './lib/work-folder.mjs';

/** A bench in a network namespace with an internet of its own. */
async function do53(bench) {
  const { packages, runInNamespace } = await import('./do53/namespace.mjs');
  return { packages, run: (task) => runInNamespace({ bench, ...task }) };
}

/** Each takes { dist, work, options } and returns what goes into the JSON; it throws where the figures would mean nothing. */
const benches = {
  wire: { about: 'index, parse and compose; hostile messages of 65,535 octets', load: () => import('./wire.mjs') },
  validate: { about: 'one signature of each algorithm, both engines', load: () => import('./validate.mjs') },
  'dane-http': { about: 'a cached /dane verdict under 50 connections', load: () => import('./dane-http.mjs') },
  'do53-cached': {
    about: 'cached answers per CPU second, beside four other resolvers and a bare echo',
    load: () => do53('cached'),
  },
  'do53-cold': { about: 'cold recursion with validation, beside Unbound', load: () => do53('cold') },
  'do53-mail-mix': {
    about: "a mail appliance's day, 90 % of it cached: latency at half of saturation, beside Unbound",
    load: () => do53('mail'),
  },
  flood: {
    about: 'random names at three times what can be resolved, and what cached answers suffer, beside Unbound',
    load: () => do53('flood'),
  },
  memory: { about: 'memory for each cached answer, beside Unbound', load: () => do53('memory') },
  tcp: { about: 'cached answers over TCP per CPU second, beside Unbound', load: () => do53('tcp') },
  hostile: {
    about: 'hostile queries case by case, what each costs and what an innocent client sees, beside Unbound',
    load: () => import('./hostile.mjs'),
  },
};

const usage = `node bench/run.mjs [NAME ...] [options]

${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(13)}  ${about}`)
  .join('\n')}

  --rounds N    interleaved rounds (5)
  --seconds N   length of one load under do53-cached, tcp and dane-http (4); a flood is four times as long
  --zones N     signed leaf zones under do53, and as many unsigned ones (400)
  --names N     further names in them, which do53-cached (20000) and memory (100000) ask for
  --peers A,B   under do53-cached and do53-cold, besides Unbound: powerdns, knot, bind, or none (cached: those that are here; cold: none)
  --profile     under do53: the functions of zeker that took most time; its figures are then slower than without

  --cases A,B   under hostile: these cases alone

ZEKER_DIST=FOLDER measures a build that exists instead of making one of src/.
ZEKER_NODE_FLAGS='--flag ...' starts zeker with these flags of node under do53.`;

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      zones: { type: 'string', default: '400' },
      names: { type: 'string' },
      peers: { type: 'string' },
      profile: { type: 'boolean', default: false },
      cases: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (key, most, least = 1) => {
    const value = Number(values[key]);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new MissingError(`--${key} takes a number from ${least} to ${most}`);
    return value;
  };
  const unknown = positionals.find((name) => !Object.hasOwn(benches, name));
  if (unknown !== undefined) throw new MissingError(`no bench is called ${unknown}\n\n${usage}`);
  const names = positionals.length > 0 ? positionals : Object.keys(benches);
  const options = {
    rounds: number('rounds', 100),
    seconds: number('seconds', 60),
    zones: number('zones', 20_000),
    names: values.names === undefined ? undefined : number('names', 2_000_000, 0),
    peers: readPeers(values.peers),
    profile: values.profile,
    cases: values.cases?.split(','),
  };
  return { help: values.help, names, options };
}

function readPeers(list) {
  const names = list === 'none' ? [] : list?.split(',');
  const unknown = names?.find((name) => !peerNames.includes(name));
  if (unknown !== undefined) throw new MissingError(`no peer is called ${unknown}: there are ${peerNames.join(', ')}`);
  return names;
}

async function main() {
  const { help, names, options } = readArguments();
  if (help) return console.log(usage);
  const loaded = [];
  for (const name of names) loaded.push({ name, ...(await benches[name].load()) });
  // Before the first figure, not after the fourth bench.
  const missing = missingPackages([...new Set(loaded.flatMap(({ packages = [] }) => packages))]);
  if (missing) throw new MissingError(missing);
  const work = workFolder();
  const dist = buildZeker(work);
  const machine = describeMachine(dist);
  printMachine(machine);
  for (const { name, run } of loaded) {
    console.log(`\n== ${name}: ${benches[name].about}`);
    try {
      const result = await run({ dist, work, options });
      console.log(`-> ${writeResult(name, { machine, options, ...result })}`);
    } catch (error) {
      if (error instanceof MissingError) throw error;
      console.error(`${name} failed: ${error.stack ?? error}`);
      process.exitCode = 1;
    }
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof MissingError) && !error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
