import { IdSchema, type SubscriptionId, SubscriptionStatus, Tier } from '@hivesync/contracts';
import { type Static, type TSchema, Type } from 'typebox';

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Time = Type.String({ format: 'date-time' });

export const SubscriptionSchema = Type.Object(
  {
    id: orNull(IdSchema<SubscriptionId>()),
    status: orNull(SubscriptionStatus),
    tier: Tier,
    renews_at: orNull(Time),
    ends_at: orNull(Time),
    created_at: orNull(Time),
    updated_at: orNull(Time),
  },
  {
    $id: 'Subscription',
    additionalProperties: false,
    description: 'The subscription in force. Who has none is on the free tier: all but `tier` is null.',
  },
);
export type SubscriptionBody = Static<typeof SubscriptionSchema>;
