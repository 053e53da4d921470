import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';

/** Rejects a body with fields, because an ignored field would seem to work. */
@Injectable()
export class NoFields implements PipeTransform {
  transform(body: unknown): undefined {
    const [field] = Object.keys(body ?? {});
    if (field !== undefined) throw new BadRequestException(`property ${field} should not exist`);
  }
}

/** The schema of such a body in the API docs, which would otherwise send no body. */
export const NO_FIELDS = { type: 'object', additionalProperties: false, example: {} };
