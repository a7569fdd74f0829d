/**
 * All planted faults. `lesson`: the CVE or advisory, and what the fault is; `find` stands exactly once in `file`; `tests` are run and must
 * fail; `hang`: the fault is work without end, so that a run that does not end counts too.
 */

import { cacheMutants } from './catalogue/cache.mjs';
import { denialMutants } from './catalogue/denial.mjs';
import { iteratorMutants } from './catalogue/iterator.mjs';
import { prefetchMutants } from './catalogue/prefetch.mjs';
import { preflightMutants } from './catalogue/preflight.mjs';
import { probeMutants } from './catalogue/probe.mjs';
import { resolverMutants } from './catalogue/resolver.mjs';
import { serviceMutants } from './catalogue/service.mjs';
import { signatureMutants } from './catalogue/signature.mjs';
import { staleMutants } from './catalogue/stale.mjs';
import { synthesisMutants } from './catalogue/synthesis.mjs';
import { udpFrontMutants } from './catalogue/udp-front.mjs';
import { validatorMutants } from './catalogue/validator.mjs';
import { wireMutants } from './catalogue/wire.mjs';

export const mutants = [
  ...denialMutants,
  ...signatureMutants,
  ...validatorMutants,
  ...iteratorMutants,
  ...cacheMutants,
  ...resolverMutants,
  ...prefetchMutants,
  ...staleMutants,
  ...synthesisMutants,
  ...preflightMutants,
  ...serviceMutants,
  ...probeMutants,
  ...udpFrontMutants,
  ...wireMutants,
];
