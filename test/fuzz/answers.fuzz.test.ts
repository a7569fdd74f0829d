/** Forged answers in short: `npm run fuzz` plays the same for as long as told. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeBench } from '../scenario/world.ts';
import { answerCase, type Counts, faultOf, playAnswers, setStage } from './answer-property.ts';
import { truthOf } from './answer-truth.ts';

const stage = setStage();

test('with nobody on the way every question gets the truth, secure where it may be', async () => {
  const bench = makeBench(stage.world);
  for (const question of stage.questions.filter((_, i) => i % 7 === 0)) {
    const result = await bench.resolver.resolve(question);
    const truth = truthOf(stage.world, question);
    // Behind an insecure link there may be a bogus one, and the worst counts.
    const want = truth.mayBeSecure ? ['secure'] : truth.mayBeInsecure ? ['insecure', 'bogus'] : ['bogus'];
    const title = `${Buffer.from(question.qname.wire).toString('latin1')} ${question.qtype}`;
    expect(faultOf(result, truth), title).toBeUndefined();
    expect(want, title).toContain(result.validation.state);
  }
});

test('with a forger on the way nothing false is secure, and nothing secure insecure', async () => {
  const counts: Counts = {};
  await fc.assert(
    fc.asyncProperty(answerCase, (played) => playAnswers(stage, played, counts)),
    { numRuns: 60, seed: 3 },
  );
  expect(Object.keys(counts).toSorted()).toEqual(['bogus', 'indeterminate', 'insecure', 'secure']);
});
