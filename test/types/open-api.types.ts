// Checked by the compiler, through `npm run typecheck`; never run.
import {
  allOptional,
  count,
  date,
  model,
  nullable,
  openApi,
  optional,
  text,
} from '../../lib/openapi/open-api.js';

class Part {
  id!: string;
}

class Model {
  name!: string;
  amount?: number;
  limit!: number | null;
  at?: Date | null;
  part!: Part;
  parts?: Part[];
  removed?: never;
}

class Child extends Model {
  declare amount: number;
  extra?: string;
}

const exact = {
  name: text(),
  amount: optional(count()),
  limit: nullable(count()),
  at: optional(nullable(date())),
  part: model(() => Part),
  parts: optional(model(() => [Part])),
} as const;

openApi<Model>(exact);
openApi<Child, Model>({ amount: count(), extra: optional(text()) });
openApi<{ a?: number; b?: number }>(allOptional({ a: count(), b: count() }));

// @ts-expect-error -- a property that the model does not have
openApi<Model>({ ...exact, title: text() });
// @ts-expect-error -- a property of the model is missing, as after a rename
openApi<Part>({ identifier: text() });
// @ts-expect-error -- a property of the model is missing
openApi<Part>({});
// @ts-expect-error -- another type
openApi<Model>({ ...exact, name: count() });
// @ts-expect-error -- another model
openApi<Model>({ ...exact, part: model(() => Model) });
// @ts-expect-error -- a list instead of one
openApi<Model>({ ...exact, part: model(() => [Part]) });
// @ts-expect-error -- optional in the model alone
openApi<Model>({ ...exact, amount: count() });
// @ts-expect-error -- optional in the schema alone
openApi<Model>({ ...exact, name: optional(text()) });
// @ts-expect-error -- nullable in the model alone
openApi<Model>({ ...exact, limit: count() });
// @ts-expect-error -- nullable in the schema alone
openApi<Model>({ ...exact, name: nullable(text()) });
// @ts-expect-error -- what the child declares anew is missing
openApi<Child, Model>({ extra: optional(text()) });
// @ts-expect-error -- what the child only inherits
openApi<Child, Model>({ amount: count(), extra: optional(text()), name: text() });
