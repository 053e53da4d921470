/** Types for single files of class-validator, which has types for its index only. The names are the same. */
declare module 'class-validator/cjs/*' {
  export * from 'class-validator';
}
