/**
 * `npm run fuzz`: the properties of parsers and of forged answers with new seeds until the time is over, then counts per target.
 * Ends with status 1 on any failure, and prints its seed and smallest counterexample. Arguments: `--minutes`, `--seed`.
 * The work is done in a process of its own, which is killed where it says nothing for too long: a loop without end answers no timer.
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { answerCase, type Counts, playAnswers, setStage } from './answer-property.ts';
import { parserTargets } from './parsers.ts';

const PARSER_RUNS = 500;
const ANSWER_RUNS = 200;
/** A case that has not ended by then hangs: nothing here waits for a network. */
const HANG_MS = 60_000;
/** Rounds on one world, before another with other keys takes its place. */
const ROUNDS_OF_A_WORLD = 20;

/** One round of one target that has not ended by then hangs, whatever it does: a round takes seconds. */
const SILENCE_MS = 300_000;

if (process.send === undefined) await watch();
else await work();

/** Runs this file once more and listens to how far it is. */
async function watch(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2));
  let last = 'nothing yet';
  const onSilence = () => {
    console.log(`FAILED hang: no end of ${last} within ${SILENCE_MS / 1_000} s`);
    child.kill('SIGKILL');
  };
  let timer = setTimeout(onSilence, SILENCE_MS);
  child.on('message', (round) => {
    last = String(round);
    clearTimeout(timer);
    timer = setTimeout(onSilence, SILENCE_MS);
  });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  clearTimeout(timer);
  process.exitCode = code === 0 ? 0 : 1;
}

async function work(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } } });
  const firstSeed = values.seed === undefined ? Date.now() & 0x7fffffff : Number(values.seed);
  const end = Date.now() + Number(values.minutes) * 60_000;

  const counts: Record<string, Counts> = {};
  const countOf = (name: string): Counts => {
    counts[name] ??= { cases: 0, crashes: 0, hangs: 0 };
    return counts[name];
  };

  const check = async (name: string, property: fc.IRawProperty<unknown>, numRuns: number, seed: number): Promise<void> => {
    process.send?.(`${name} --seed ${seed}`);
    const count = countOf(name);
    const details = await fc.check(property as fc.IAsyncProperty<unknown>, { numRuns, seed });
    count.cases = (count.cases ?? 0) + details.numRuns;
    if (!details.failed) return;
    const why = String(details.errorInstance);
    const kind = why.includes('false secure')
      ? 'false secure'
      : why.includes('false insecure')
        ? 'false insecure'
        : /hang|timeout/i.test(why)
          ? 'hangs'
          : 'crashes';
    count[kind] = (count[kind] ?? 0) + 1;
    process.exitCode = 1;
    console.log(`FAILED ${name} --seed ${seed}: ${why}\n  counterexample: ${fc.stringify(details.counterexample)}`);
  };

  let seed = firstSeed;
  let stage = setStage();
  do {
    for (const { name, property } of parserTargets) await check(name, property(), PARSER_RUNS, seed);
    const answers = countOf('validate-answer');
    const property = fc.asyncProperty(answerCase, (played) => withinTime(playAnswers(stage, played, answers)));
    await check('validate-answer', property as fc.IRawProperty<unknown>, ANSWER_RUNS, seed);
    seed++;
    if ((seed - firstSeed) % ROUNDS_OF_A_WORLD === 0) stage = setStage();
  } while (Date.now() < end);

  console.log(`seeds ${firstSeed} to ${seed - 1}`);
  for (const [name, count] of Object.entries(counts)) {
    console.log(
      `${name.padEnd(16)} ${Object.entries(count)
        .map(([what, number]) => `${what} ${number}`)
        .join(', ')}`,
    );
  }
  process.disconnect();
}

async function withinTime(play: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hang: not over after ${HANG_MS} ms`)), HANG_MS);
  });
  try {
    await Promise.race([play, late]);
  } finally {
    clearTimeout(timer);
  }
}
