import type { UserId } from '@hivesync/contracts';
import type { Origin } from '@hivesync/events';

/** The person on whose behalf something is done, and where that came from (for the events it causes). */
export interface Actor {
  id: UserId;
  origin: Origin;
}

/** The actor of a request that passed `requireUser`. */
export function actorOf(request: { user: { id: UserId }; origin: Origin }): Actor {
  return { id: request.user.id, origin: request.origin };
}
