/**
 * Hostile servers: of every name's way through the tree some replies come changed. What is secure then either validates with the very
 * data that the zone holds, or is not answered; nothing becomes insecure, nothing bogus gets out, and the service lives on.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/internet.ts';
import { startOn } from '../whole/stage.ts';
import { openBurstClient } from './burst-client.ts';
import { type FickleInternet, startFickleInternet } from './fickle-internet.ts';
import { createRandom } from './random.ts';
import { createAudit, someQuestion } from './truth.ts';

let sandbox: Sandbox;
let internet: FickleInternet;
const faults: unknown[] = [];
const onFault = (error: unknown) => faults.push(error);
let percent = 0;
beforeAll(async () => {
  process.on('uncaughtException', onFault).on('unhandledRejection', onFault);
  sandbox = await startSandbox({ port: 0, addressBase: '127.62.2' });
  internet = await startFickleInternet(sandbox, { random: createRandom(3), percent: () => percent });
});
afterAll(async () => {
  await internet.stop();
  await sandbox.stop();
  process.off('uncaughtException', onFault).off('unhandledRejection', onFault);
});

/** Asks `count` questions, some at a time, and returns what was wrong with the answers, and how many were data. */
async function interrogate(port: number, seed: number, count: number): Promise<{ wrong: string[]; answered: number; validated: number }> {
  const random = createRandom(seed);
  const audit = createAudit(sandbox.zones);
  const client = await openBurstClient(port);
  const outcome = { wrong: [] as string[], answered: 0, validated: 0 };
  const serials = Array.from({ length: count }, (_, n) => n).values();
  const worker = async () => {
    for (const serial of serials) {
      const question = someQuestion(random, serial);
      const reply = await client.ask({ ...question, dnssecOk: true, size: 1232 });
      if (reply?.tc) continue;
      outcome.wrong.push(...audit(question, reply).map((fault) => `${question.name} ${question.type}: ${fault}`));
      outcome.answered++;
      if (reply?.ad) outcome.validated++;
    }
  };
  await Promise.all(Array.from({ length: 100 }, worker));
  client.close();
  return outcome;
}

test('when nobody interferes all is as the zones have it', { timeout: 30_000 }, async () => {
  percent = 0;
  const service = await startOn({ ...sandbox, port: internet.port });
  const { wrong, validated } = await interrogate(service.dns[0]!.port, 4, 300);
  await service.stop();
  expect(wrong).toEqual([]);
  expect(validated).toBeGreaterThan(150);
});

test('the audit sees what gets through where nobody validates', { timeout: 30_000 }, async () => {
  percent = 25;
  const service = await startOn({ ...sandbox, port: internet.port }, { validation: { enabled: false } });
  const { wrong } = await interrogate(service.dns[0]!.port, 5, 100);
  await service.stop();
  expect(wrong).toEqual(expect.arrayContaining([expect.stringContaining('without AD')]));
});

test('3,000 changed replies: never secure with other data, never insecure in place of secure', { timeout: 120_000 }, async () => {
  const wrong: string[] = [];
  let validated = 0;
  for (let round = 0; internet.mutated() < 3_000; round++) {
    percent = [10, 25, 40][round % 3]!;
    // A service for each round: it remembers servers that failed it, and would ask them ever less.
    const service = await startOn({ ...sandbox, port: internet.port });
    const outcome = await interrogate(service.dns[0]!.port, 100 + round, 100);
    wrong.push(...outcome.wrong.map((fault) => `round ${round}: ${fault}`));
    validated += outcome.validated;
    await service.stop();
  }
  expect(wrong).toEqual([]);
  expect(faults).toEqual([]);
  expect(validated, 'some got through').toBeGreaterThan(100);
});
