import { Transform } from 'class-transformer';

/**
 * Keeps the original of a value that is not a string. The implicit conversion of a `ValidationPipe` turns `true` into
 * the number 1 and an object into the string `[object Object]`, which would then pass validation.
 */
export const NoImplicitConversion = (): PropertyDecorator =>
  Transform(({ obj, key, value }: { obj: Record<string, unknown>; key: string; value: unknown }) =>
    typeof obj[key] === 'string' ? value : obj[key],
  );
