import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';

/** Refuses a body with anything in it: a field that is ignored would be taken for one that works. */
@Injectable()
export class NoFields implements PipeTransform {
  transform(body: unknown): undefined {
    const [field] = Object.keys(body ?? {});
    if (field !== undefined) throw new BadRequestException(`property ${field} should not exist`);
  }
}

/** The body of such a command in the API docs, which would send none otherwise. */
export const NO_FIELDS = { type: 'object', additionalProperties: false, example: {} };
