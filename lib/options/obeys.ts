import type { ValidationArguments } from 'class-validator';
import { ValidateBy, ValidateIf } from './class-validator.js';
import { problemText, type Rule } from './define-options.js';

/** Lets a property of a class-validator class be absent; unlike `IsOptional`, not `null`. */
export const MayBeAbsent = (): PropertyDecorator => ValidateIf((_owner, value) => value !== undefined);

/** Applies a {@link Rule} to a property of a class-validator class; an absent property is not checked. */
export function Obeys(rule: Rule): PropertyDecorator {
  const optional = MayBeAbsent();
  const check = ValidateBy({
    name: 'rule',
    validator: {
      validate: (value: unknown, args?: ValidationArguments) => rule(value, args?.object ?? {}) === undefined,
      defaultMessage: (args?: ValidationArguments) =>
        `\`${args?.property}\` ${problemText(rule(args?.value, args?.object ?? {}) ?? '')}`,
    },
  });
  return (target, property) => {
    optional(target, property);
    check(target, property);
  };
}
