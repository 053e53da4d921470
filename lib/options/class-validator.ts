// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- an ambient module has nothing to import
/// <reference path="./class-validator-files.d.ts" />
/**
 * Imports class-validator by its files. Its index loads all validators, including the world's telephone numbers, which
 * costs every start of an application about 50 ms and 5 MiB. Both ways share the same metadata, which are in a global.
 *
 * These files exist in every version of the peer range. Removing one would be a breaking change of class-validator.
 */
import type * as index from 'class-validator';
import * as isIn from 'class-validator/cjs/decorator/common/IsIn.js';
import * as validateBy from 'class-validator/cjs/decorator/common/ValidateBy.js';
import * as validateIf from 'class-validator/cjs/decorator/common/ValidateIf.js';
import * as isPositive from 'class-validator/cjs/decorator/number/IsPositive.js';
import * as max from 'class-validator/cjs/decorator/number/Max.js';
import * as isEthereumAddress from 'class-validator/cjs/decorator/string/IsEthereumAddress.js';
import * as matches from 'class-validator/cjs/decorator/string/Matches.js';
import * as isNumber from 'class-validator/cjs/decorator/typechecker/IsNumber.js';
import * as isString from 'class-validator/cjs/decorator/typechecker/IsString.js';
import * as storage from 'class-validator/cjs/metadata/MetadataStorage.js';
import * as validator from 'class-validator/cjs/validation/Validator.js';

export const IsEthereumAddress: typeof index.IsEthereumAddress = isEthereumAddress.IsEthereumAddress;
export const IsIn: typeof index.IsIn = isIn.IsIn;
export const IsNumber: typeof index.IsNumber = isNumber.IsNumber;
export const IsPositive: typeof index.IsPositive = isPositive.IsPositive;
export const IsString: typeof index.IsString = isString.IsString;
export const Matches: typeof index.Matches = matches.Matches;
export const Max: typeof index.Max = max.Max;
export const ValidateBy: typeof index.ValidateBy = validateBy.ValidateBy;
export const ValidateIf: typeof index.ValidateIf = validateIf.ValidateIf;

export const getMetadataStorage: typeof index.getMetadataStorage = storage.getMetadataStorage;
export const Validator: typeof index.Validator = validator.Validator;
