/** The database is there, but the service cannot run on it as it is: somebody has to act, waiting does not help. */
export abstract class UnfitDatabaseError extends Error {}
