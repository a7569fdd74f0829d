/** Faults in what an operator is told before DANE is switched on, and of the other resolver. */

const judging = ['test/preflight/judge.test.ts'];

export const preflightMutants = [
  {
    lesson: 'preflight: a failed lookup called held',
    file: 'src/preflight/judge.ts',
    find: "if (unknown && !(policy === 'mandatory' && mx.proof === 'insecure')) return",
    replace: 'if (unknown && !policy) return',
    tests: judging,
  },
  {
    lesson: 'preflight: what cannot be delivered anyway called held',
    file: 'src/preflight/judge.ts',
    find: '!dead.has(reason) && !failed.has(reason)',
    replace: '!failed.has(reason)',
    tests: judging,
  },
  {
    lesson: 'preflight: a bogus host of several forgiven at the appliance',
    file: 'src/preflight/judge.ts',
    find: 'bogusHoldsAll: true',
    replace: 'bogusHoldsAll: false',
    tests: judging,
  },
  {
    lesson: 'preflight: a route to USEDNS among others taken for USEDNS',
    file: 'src/preflight/plan.ts',
    find: 'to.every((host)',
    replace: 'to.some((host)',
    tests: judging,
  },
  {
    lesson: 'preflight: a domain whose best host could not be looked up is not asked again',
    file: 'src/preflight/run.ts',
    find: 'complete: isComplete(report)',
    replace: 'complete: true',
    tests: judging,
  },
  {
    lesson: 'preflight: a formula in CSV',
    file: 'src/preflight/report.ts',
    find: 'escape_formulas: true',
    replace: 'escape_formulas: false',
    tests: judging,
  },
  {
    lesson: 'preflight: a place at a server lost with a query that waited in vain',
    file: 'src/preflight/per-server.ts',
    find: 'waiting.splice(waiting.indexOf(take), 1);',
    replace: '',
    tests: ['test/preflight/per-server.test.ts'],
  },
  {
    lesson: 'preflight: lines that cannot be read passed over',
    file: 'src/preflight/domain-list.ts',
    find: '      unreadCount++;',
    replace: '',
    tests: ['test/preflight/domain-list.test.ts'],
  },
  {
    lesson: 'preflight: a client that went away holds the place for ever',
    file: 'src/http/preflight-route.ts',
    find: '      isOpen = false;',
    replace: '',
    tests: ['test/http/preflight-route.test.ts'],
  },
  {
    lesson: 'self-test: a denial without proof taken',
    file: 'src/selftest/reply.ts',
    find: 'proofs.some(({ signatures }) => signatures.length > 0)',
    replace: 'proofs.length >= 0',
    tests: ['test/selftest/checks.test.ts'],
  },
  {
    lesson: 'self-test: a resolver that strips signatures taken',
    file: 'src/selftest/checks.ts',
    find: 'rrset.signatures.length === 0 ? STRIPPED : undefined',
    replace: 'undefined',
    tests: ['test/selftest/checks.test.ts'],
  },
];
