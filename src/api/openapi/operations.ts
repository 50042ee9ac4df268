import { launchSchema } from '../launch-schemas.ts';
import type { LaunchTypes } from '../launch-schemas.ts';
import { calendarOperations } from './calendar-operations.ts';
import { forecastOperations } from './forecast-operations.ts';
import { groupOperations } from './group-operations.ts';
import { nodeOperations } from './node-operations.ts';
import type { DescribedOperation } from './operation.ts';
import { planOperations } from './plan-operations.ts';
import { policyOperations } from './policy-operations.ts';
import { serverOperations } from './server-operations.ts';
import { tokenOperations } from './token-operations.ts';
import { webhookOperations } from './webhook-operations.ts';

/** Every operation of the API, in the order in which paths are looked up, with these launch types. */
export function operationsWith(launchTypes: LaunchTypes): readonly DescribedOperation[] {
  return [
    ...groupOperations(launchSchema(launchTypes)),
    ...planOperations,
    ...forecastOperations,
    ...serverOperations,
    ...policyOperations,
    ...webhookOperations,
    ...calendarOperations,
    ...tokenOperations,
    ...nodeOperations,
  ];
}
