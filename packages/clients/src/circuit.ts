import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  ConstantBackoff,
  circuitBreaker,
  handleWhen,
  type RetryPolicy,
  retry,
} from 'cockatiel';
import { isConnectionError, isSilence } from './connection-errors.ts';

const retryPauseMs = 50;

/** Our own deadline, which a caller's `AbortSignal.timeout` is not. */
export class TooSlow extends Error {}

export interface CircuitOptions {
  /** Failures in a row after which a service is left alone, and milliseconds for which. Default 5 and 5,000. */
  failuresToOpen?: number;
  openForMs?: number;
  /** Answers that count as failures too. Default: none. */
  inDistress?: (answer: unknown) => boolean;
  /** Hears when the service is left alone (true), and when it answered again; a try that fails is no news. */
  onChange?: (open: boolean) => void;
}

/**
 * The circuit breaker of one service: no connection and silence open it. When the time is over, one call is let
 * through, and what becomes of it decides.
 */
export function serviceCircuit({
  failuresToOpen = 5,
  openForMs = 5_000,
  inDistress = () => false,
  onChange,
}: CircuitOptions = {}): CircuitBreakerPolicy {
  const failures = handleWhen(
    (error) => isConnectionError(error) || isSilence(error) || error instanceof TooSlow,
  ).orWhenResult(inDistress);
  const circuit = circuitBreaker(failures, {
    breaker: new ConsecutiveBreaker(failuresToOpen),
    halfOpenAfter: openForMs,
  });
  let open = false;
  const tell = (now: boolean) => {
    if (now !== open) onChange?.(now);
    open = now;
  };
  circuit.onBreak(() => tell(true));
  circuit.onReset(() => tell(false));
  return circuit;
}

/** Tries once more (or `retries` times), 50 ms later, what failed in a way that allows it. */
export function triedAgain(mayRepeat: (error: unknown) => boolean, retries = 1): RetryPolicy {
  return retry(handleWhen(mayRepeat), {
    maxAttempts: retries,
    backoff: new ConstantBackoff(retryPauseMs),
  });
}

export type CircuitStateName = 'closed' | 'open' | 'half-open';

/** As metrics and people call it. */
export function stateOf({ state }: CircuitBreakerPolicy): CircuitStateName {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.HalfOpen ? 'half-open' : 'open';
}
