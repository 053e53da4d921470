import { Transform } from 'class-transformer';

/**
 * Undoes what the implicit conversion of a `ValidationPipe` makes of a property that is no text: of `true` it makes the
 * number 1, and of an object the text `[object Object]`, which would then be found to be fine.
 */
export const OnlyTextConverted = (): PropertyDecorator =>
  Transform(({ obj, key, value }: { obj: Record<string, unknown>; key: string; value: unknown }) =>
    typeof obj[key] === 'string' ? value : obj[key],
  );
