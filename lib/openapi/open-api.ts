/** A class whose instances are described by a schema of their own. */
type ModelClass<Model> = abstract new (...args: never[]) => Model;

/** The `type` that `@nestjs/swagger` needs for a property whose values are of type `Value`. */
type SchemaType<Value> = Value extends string
  ? () => StringConstructor
  : Value extends number
    ? (() => NumberConstructor) | 'integer'
    : Value extends boolean
      ? () => BooleanConstructor
      : Value extends Date
        ? () => DateConstructor
        : Value extends { toJSON(): string }
          ? () => StringConstructor
          : Value extends readonly (infer Item)[]
            ? () => (Item extends string ? StringConstructor : ModelClass<Item>)[]
            : string extends keyof Value
              ? 'object'
              : () => ModelClass<Value>;

/** The parts of a property's schema besides its type. */
interface Details {
  readonly description?: string;
  readonly example?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly maximum?: number;
  readonly deprecated?: boolean;
}

/** A property that is always present, and never `null`. */
interface Property<Type> extends Details {
  readonly required: true;
  readonly type: Type;
}

type IsOptional<Model, Name extends keyof Model> = object extends Pick<Model, Name> ? true : false;

/**
 * A property of a model: its type, whether it may be missing, and whether it may be `null`, as the model declares it.
 */
type PropertyOf<Model, Name extends keyof Model> = Details & {
  readonly required: IsOptional<Model, Name> extends true ? false : true;
  readonly type: SchemaType<NonNullable<Model[Name]>>;
} & (null extends Model[Name] ? { readonly nullable: true } : { readonly nullable?: never });

/** Whether a parent declares a property exactly as its child does. */
type IsInherited<Model, Parent, Name extends keyof Model> = Name extends keyof Parent
  ? Pick<Parent, Name> extends Pick<Model, Name>
    ? true
    : false
  : false;

/** The properties that a model declares, without those that it only inherits or that are never present. */
type DeclaredBy<Model, Parent> = keyof {
  [
    Name in keyof Model as IsInherited<Model, Parent, Name> extends true
      ? never
      : [NonNullable<Model[Name]>] extends [never]
        ? never
        : Name
  ]: true;
};

/**
 * The schemas of a class's properties for `@nestjs/swagger`: exactly the properties that the class declares, by their
 * names, and each as it is declared. Anything else does not compile.
 *
 * @typeParam Parent - The class that the model extends, whose properties `@nestjs/swagger` adds by itself.
 */
export function openApi<Model, Parent = object>(properties: {
  readonly [Name in DeclaredBy<Model, Parent>]: Name extends keyof Model ? PropertyOf<Model, Name> : never;
}): Record<string, object> {
  return properties;
}

export function text(description?: string, details?: Details): Property<() => StringConstructor> {
  return { required: true, type: () => String, ...described(description), ...details };
}

export function count(description?: string, details?: Details): Property<() => NumberConstructor> {
  return { required: true, type: () => Number, ...described(description), ...details };
}

export function integer(description?: string, details?: Details): Property<'integer'> {
  return { required: true, type: 'integer', ...described(description), ...details };
}

/** An amount of US dollars; the currency is added to the description, before a remark. */
export function usd(description: string, remark?: string): Property<() => NumberConstructor> {
  return count(`${description}, in USD${remark === undefined ? '' : `; ${remark}`}`);
}

export function flag(description?: string): Property<() => BooleanConstructor> {
  return { required: true, type: () => Boolean, ...described(description) };
}

export function date(description?: string, details?: Details): Property<() => DateConstructor> {
  return { required: true, type: () => Date, ...described(description), ...details };
}

/** An instance of another model, or a list of them. A function, since a class may be defined further below. */
export function model<Type>(type: () => Type, description?: string): Property<() => Type> {
  // Wrapped in a function that is named `type`: `@nestjs/swagger` calls no others.
  return { required: true, type: () => type(), ...described(description) };
}

/** An object whose members are not known. */
export function anyObject(details?: Details): Property<'object'> & { readonly additionalProperties: true } {
  return { required: true, type: 'object', additionalProperties: true, ...details };
}

/** The same property, which may be missing. */
export function optional<Schema extends { readonly required: true }>(
  schema: Schema,
): Omit<Schema, 'required'> & { readonly required: false } {
  return { ...schema, required: false };
}

/** The same properties, which may be missing. */
export function allOptional<Schemas extends Readonly<Record<string, { readonly required: true }>>>(
  schemas: Schemas,
): { [Name in keyof Schemas]: ReturnType<typeof optional<Schemas[Name]>> } {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, optional(schema)]),
  ) as ReturnType<typeof allOptional<Schemas>>;
}

/** The same property, which may be `null`. */
export function nullable<Schema extends object>(schema: Schema): Schema & { readonly nullable: true } {
  return { ...schema, nullable: true };
}

function described(description: string | undefined): Details {
  return description === undefined ? {} : { description };
}
