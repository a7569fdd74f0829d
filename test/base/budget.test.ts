/** Limits of one query. */

import { expect, test } from 'vitest';
import {
  BudgetExceeded,
  type Cost,
  clientLimits,
  describeLimit,
  type Limit,
  limitWords,
  openBudget,
  sharedLimits,
} from '../../src/base/budget.ts';

test.each(Object.keys(clientLimits) as Cost[])('%s may be spent to the limit and no further', (what) => {
  const budget = openBudget();
  budget.spend(what, clientLimits[what]);
  expect(() => budget.spend(what)).toThrow(BudgetExceeded);
});

test('limits do not touch each other', () => {
  const budget = openBudget();
  budget.spend('aliases', clientLimits.aliases);
  budget.spend('signatureChecks');
  expect(budget.spent()).toMatchObject({ aliases: clientLimits.aliases, signatureChecks: 1, nsec3Hashes: 0 });
});

test('a spent limit stays spent and says which it was', () => {
  const budget = openBudget({ ...clientLimits, subqueries: 1 });
  budget.spend('subqueries');
  for (let i = 0; i < 2; i++) {
    let caught: unknown;
    try {
      budget.spend('subqueries');
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ name: 'BudgetExceeded', limit: 'subqueries' });
  }
});

test('budgets do not share', () => {
  const one = openBudget();
  one.spend('aliases', clientLimits.aliases);
  expect(() => openBudget().spend('aliases')).not.toThrow();
});

test.each(Object.keys(clientLimits) as Cost[])('shared work may spend less of %s than a query, so that one alone cannot end it', (what) => {
  expect(sharedLimits[what]).toBeLessThan(clientLimits[what]);
});

test.each(Object.keys(limitWords) as Limit[])('the sentence about %s fits an extended error', (limit) => {
  expect(describeLimit(limit).length).toBeLessThanOrEqual(64);
  expect(new BudgetExceeded(limit).message).toBe(describeLimit(limit));
});
