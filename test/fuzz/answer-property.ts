/** Forged answers: secure only what is the zone's truth, insecure only where the truth is; within the limits, and nothing thrown. */

import fc from 'fast-check';
import { clientLimits } from '../../src/base/budget.ts';
import type { Question } from '../../src/base/record.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { textOf } from '../scenario/rrset.ts';
import { dataOf, makeBench, type World } from '../scenario/world.ts';
import { makeForgersWorld, questionsOf, type Truth, truthOf } from './answer-truth.ts';
import { type Arsenal, arm, FORGERIES, type Forgery, forge } from './forger.ts';

export interface AnswerCase {
  /** Asked one after the other, of one resolver. */
  readonly questions: readonly number[];
  readonly forgeries: readonly Forgery[];
  /** Whether the last question is asked once more with nobody on the way. */
  readonly honestEnd: boolean;
}

export type Counts = Record<string, number>;

const n = fc.nat({ max: 0xffff });
export const answerCase: fc.Arbitrary<AnswerCase> = fc.record({
  questions: fc.array(n, { minLength: 1, maxLength: 3 }),
  forgeries: fc.array(fc.record({ how: fc.nat({ max: FORGERIES - 1 }), at: fc.nat({ max: 8 }), a: n, b: n }), { maxLength: 4 }),
  honestEnd: fc.boolean(),
});

export interface Stage {
  readonly world: World;
  readonly arsenal: Arsenal;
  readonly questions: readonly Question[];
}

export function setStage(): Stage {
  const world = makeForgersWorld();
  return { world, arsenal: arm(world), questions: questionsOf(world) };
}

/** Why the resolution is false; undefined where it may stand. */
export function faultOf(result: Resolution, truth: Truth): string | undefined {
  const { state } = result.validation;
  if (state === 'insecure' && !truth.mayBeInsecure) return 'false insecure';
  if (state !== 'secure') return undefined;
  if (!truth.mayBeSecure) return 'false secure: the zone is not';
  if (result.kind !== truth.kind) return `false secure: ${result.kind}, where the truth is ${truth.kind}`;
  const data = (answer: Resolution['answer']) =>
    dataOf({ answer } as Resolution)
      .toSorted()
      .join('\n');
  if (data(result.answer) !== data(truth.answer)) return `false secure: ${data(result.answer)}, not ${data(truth.answer)}`;
  const most = Math.max(0, ...truth.answer.map(({ ttl }) => ttl));
  return result.answer.some(({ ttl }) => ttl > most) ? 'false secure: a TTL over the signed one' : undefined;
}

/** Plays one case. @throws {Error} that says what is false */
export async function playAnswers({ world, arsenal, questions }: Stage, played: AnswerCase, counts: Counts): Promise<void> {
  const bench = makeBench(world, { behaviours: [forge(played.forgeries, arsenal)] });
  const asked = played.questions.map((at) => questions[at % questions.length] as Question);
  const ask = async (question: Question): Promise<Resolution> => {
    const sent = bench.sent.length;
    const result = await bench.resolver.resolve(question);
    const { state } = result.validation;
    counts[state] = (counts[state] ?? 0) + 1;
    const title = `${textOf(question.qname)} TYPE${question.qtype}`;
    const fault = faultOf(result, truthOf(world, question));
    if (fault) throw new Error(`${title}: ${fault}`);
    if (bench.sent.length - sent > clientLimits.upstreamQueries) throw new Error(`${title}: hang: ${bench.sent.length - sent} queries`);
    return result;
  };
  for (const question of asked) await ask(question);
  if (!played.honestEnd) return;
  bench.behave();
  await ask(asked.at(-1) as Question);
}
