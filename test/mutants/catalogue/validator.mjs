/** Faults. */
export const validatorMutants = [];
