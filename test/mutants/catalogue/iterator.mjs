/** Faults. */
export const iteratorMutants = [];
