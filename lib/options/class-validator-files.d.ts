/** Files of class-validator by themselves; it has types for its index only, under the same names. */
declare module 'class-validator/cjs/*' {
  export * from 'class-validator';
}
