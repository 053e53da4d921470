import { IsEthereumAddress, IsIn, IsNumber, IsPositive, Max } from '../options/class-validator.js';
import { NoImplicitConversion } from '../options/no-implicit-conversion.js';
import { MayBeAbsent } from '../options/obeys.js';
import { standardSchema, type StandardSchemaProps } from '../options/standard-schema.js';
import { count, openApi, optional, text } from '../openapi/open-api.js';

const MAX_USD = 100_000;
const CHAIN_IDS = [1, 137, 8453] as const;

/**
 * A request for a charge that buys credits. May be used behind a `ValidationPipe` as a controller's body.
 */
export class CreateCoinbaseChargeRequest {
  /** Credits to buy, in US dollars: above 0 and at most 100 000. */
  // The last decorator runs first: a value that is not a number gets no message about bounds.
  @Max(MAX_USD, { message: `\`amount\` must not be above ${MAX_USD}` })
  @IsPositive({ message: '`amount` must be above 0' })
  @IsNumber({ allowNaN: false, allowInfinity: false }, { message: '`amount` must be a number of US dollars' })
  @NoImplicitConversion()
  amount!: number;

  /** The EVM address that will send the transaction: `0x` and 40 hexadecimal digits. */
  @MayBeAbsent()
  @IsEthereumAddress({ message: '`sender` must be an EVM address: 0x and 40 hexadecimal digits' })
  sender?: string | undefined;

  /** The chain of the transaction: 1 (Ethereum), 137 (Polygon) or 8453 (Base). */
  @MayBeAbsent()
  @IsIn(CHAIN_IDS, { message: `\`chainId\` must be one of ${CHAIN_IDS.join(', ')}` })
  chainId?: (typeof CHAIN_IDS)[number] | undefined;

  /** The class as a Standard Schema: `@Body({ schema: CreateCoinbaseChargeRequest })` on NestJS 12, behind a `StandardSchemaValidationPipe`. */
  static get '~standard'(): StandardSchemaProps<CreateCoinbaseChargeRequest> {
    return standardSchema(this);
  }

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<CreateCoinbaseChargeRequest>({
      amount: count('Credits to buy, in USD', {
        minimum: 0,
        exclusiveMinimum: true,
        maximum: MAX_USD,
        example: 100,
      }),
      sender: optional(
        text('The EVM address that will send the transaction', { pattern: '^0x[0-9a-fA-F]{40}$' }),
      ),
      chainId: optional(count('The chain of the transaction', { enum: CHAIN_IDS })),
    });
  }
}
