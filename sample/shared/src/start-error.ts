/** A failed start whose message tells the user everything, so that the stack is not printed. */
export class StartError extends Error {}
