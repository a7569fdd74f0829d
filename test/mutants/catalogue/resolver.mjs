/** Faults. */
export const resolverMutants = [];
